# Finds names in doc comments that no public name has: `X::y` where X is one, "see y()", "as y()". Doxygen makes no link of
# them, and says nothing. Reads the list of public names, then headers.

FNR == NR {
  count = split($0, part, "::")
  is_known[part[count]] = 1
  if (count > 2) has_members[part[count - 1]] = 1
  is_known[part[count - 1] "::" part[count]] = 1
  next
}

/^namespace (.*::)?detail \{/ { is_inner = 1 }
/^\}  \/\/ namespace (.*::)?detail$/ { is_inner = 0 }

!is_inner && /\/\/\// {
  rest = $0
  while (match(rest, /([Ss]ee|[Aa]s) [a-z_]+\(|[A-Z][A-Za-z]*::[A-Za-z_]+/)) {
    name = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    sub(/^.* /, "", name)
    sub(/\($/, "", name)
    split(name, part, "::")
    if (is_known[name] || (name ~ /::/ && !has_members[part[1]])) continue
    print FILENAME ":" FNR ": there is no public " name
    code = 1
  }
}

END { exit code }
