# Prints each public name that doxygen's XML has, in any order, some of them often: what may be written in a program.
# Functions and constructors that are deleted, and friends that are classes, are none.

function text(line) {
  gsub(/^ *<[^>]*>|<[^>]*>$/, "", line)
  gsub(/&lt;/, "<", line)
  gsub(/&gt;/, ">", line)
  gsub(/&quot;/, "\"", line)
  gsub(/&amp;/, "\\&", line)
  return line
}

# A name without the arguments of a template: of `Listeners< First, Rest... >::get` it is `Listeners::get`.
function show(name) {
  sub(/<( .* )?>/, "", name)
  if (name ~ /^breaker::|^BREAKER_/) print name
}

/<compounddef / { is_public = !/prot="(private|protected)"/ }
/<compoundname>/ && is_public { show(text($0)) }

/<memberdef / {
  is_name = is_public && /prot="public"/
  is_define = /kind="define"/
  is_friend = /kind="friend"/
}
/<argsstring>.*=delete</ { is_name = 0 }
is_friend && /<definition>friend class/ { is_name = 0 }
is_define && is_name && /^ *<name>BREAKER_/ { show(text($0)) }
is_name && /<qualifiedname>/ { show(name = text($0)) }

/<enumvalue / { is_value = is_name }
is_value && /<name>/ {
  show(name "::" text($0))
  is_value = 0
}
