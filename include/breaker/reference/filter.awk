# What doxygen 1.9 reads in place of a header or a page. As many lines come out as go in, so that a warning names the
# right one.

function is_header() { return FILENAME ~ /\.hpp$/ }

# What the guide calls not stable: their names are shown, the headers are not.
function is_inner() { return FILENAME ~ /\/(base|call|listen|registry|text)\// && FILENAME !~ /version\.hpp$/ }

FNR == 1 {
  in_title = is_header() && !is_inner()
  in_code = 0
}

# The type that a user stores: doxygen takes the "::" for a link.
{ gsub(/`decltype\(circuit\)::Permit`/, "<code>decltype(circuit)\\::%Permit</code>") }

# ---- headers

# The first comment is that of the file.
in_title && /^\/\// { sub(/^\/\//, "///") }
in_title && /^#pragma once$/ {
  $0 = "/// @file"
  in_title = 0
}

# A type of an inner header names the flat one that hands it on, in the last line of its comment; that line waits for the next.
function flat(  name) {
  if (FILENAME ~ /\/text\/(forecast|rule)\.hpp$/) return "breaker/text" substr(FILENAME, match(FILENAME, /\/[a-z]+\.hpp$/))
  name = FILENAME ~ /\/registry\// ? "registry" : FILENAME
  gsub(/.*\/|\.hpp$/, "", name)
  if (name !~ /^(classifier|counters|describe|listener|permit|ratio|registry|result|version)$/) name = "breaker"
  return "breaker/" name ".hpp"
}
function print_comment(line) {
  if (comment != "" && line ~ /^(template <|class |struct )/ && line !~ /;$/)
    comment = comment " @headerfile " flat() " <" flat() ">"
  if (comment != "") print comment
  comment = ""
}
is_inner() && is_header() && !in_title {
  print_comment($0)
  if (/^\/\/\/ /) {
    comment = $0
    next
  }
}

# A comment would say no more than a defaulted == does.
is_header() && /operator==\(/ { is_equality = 1 }
is_equality && / = default;$/ { $0 = $0 "  ///< Compares all fields." }
/[;{}]/ { is_equality = 0 }

# Doxygen 1.9.8 takes a namespace behind the private part of a class for a part of that.
/^ (private|protected):$/ { is_private = is_header() }
is_private && /^};$/ {
  $0 = "public: };"
  is_private = 0
}

# Left out: deduction guides, and what stands in namespace std. A template's head waits for the line below it.
is_header() && /^template <.*>$/ && head == "" {
  head = $0
  next
}
/^(explicit )?[A-Z][A-Za-z]*\(.*\)( ->|$)/ || /^struct std::/ { is_left_out = is_header() }
is_header() {
  if (head != "") print is_left_out ? "" : head
  head = ""
  print is_left_out ? "" : $0
  if (/;$/) is_left_out = 0
  next
}

# ---- pages

function page_of(path) {
  if (path ~ /include\/breaker\/README/) return "inside"
  return path ~ /GUIDE/ ? "guide" : path ~ /FAQ/ ? "faq" : path ~ /MIGRATION/ ? "migration" : path ~ /CHANGELOG/ ? "changes" : "readme"
}

# The name of a heading in a link, as GitHub makes it.
function anchor(heading) {
  heading = tolower(heading)
  gsub(/[^a-z0-9 -]/, "", heading)
  gsub(/ /, "-", heading)
  return page_of(FILENAME) "-" heading
}

# A picture, if its file is there: a release archive has none.
function picture(head, target,  folder, line) {
  folder = FILENAME
  sub(/[^\/]*$/, "", folder)
  if ((getline line < (folder target)) < 0) return ""
  close(folder target)
  sub(/.*\//, "", target)
  return head "](" target ")"
}

# A link, of which `head` is what stands before the "](", as doxygen wants it. What is not part of the reference is named
# instead.
function link(head, target,  text) {
  if (head ~ /^!/) return picture(head, target)
  if (target ~ /^#/) return head "](#" page_of(FILENAME) "-" substr(target, 2) ")"
  if (target ~ /^README\.md/) target = "include/breaker/" target  # beside the guide
  if (target ~ /(GUIDE|FAQ|MIGRATION|CHANGELOG|include\/breaker\/README)\.md#/)
    return head "](#" page_of(target) "-" substr(target, index(target, "#") + 1) ")"
  if (target ~ /(GUIDE|FAQ|MIGRATION|CHANGELOG|include\/breaker\/README)\.md$/) return head "](#" page_of(target) ")"
  if (target == "../../README.md") return head "](#index)"
  text = substr(head, 2)
  gsub(/\.\.\//, "", target)
  return text == target ? "`" text "`" : text " (`" target "`)"
}

/^```/ { in_code = !in_code }
!in_code && /^# / && page_of(FILENAME) != "readme" { $0 = $0 " {#" page_of(FILENAME) "}" }
!in_code && /^##/ {
  heading = $0
  sub(/^#+ /, "", heading)
  $0 = $0 " {#" anchor(heading) "}"
}
!in_code {
  done = ""
  if (sub(/^\[!/, "!")) sub(/\]\([^()]*\)$/, "")  # a picture that is a link
  while (match($0, /!?\[[^][]+\]\([^()]*\)/)) {
    split(substr($0, RSTART, RLENGTH - 1), part, /\]\(/)
    done = done substr($0, 1, RSTART - 1) link(part[1], part[2])
    $0 = substr($0, RSTART + RLENGTH)
  }
  $0 = done $0
}
{ print }
