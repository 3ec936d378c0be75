cmake_policy(VERSION 3.23)  # also where an install script includes this
# The pages of the library. Beside one another they need names of their own, see breaker_name_page.
set(breaker_pages README.md include/breaker/README.md include/breaker/GUIDE.md include/breaker/FAQ.md include/breaker/MIGRATION.md
  .github/CHANGELOG.md)

function(breaker_name_page page result)
  cmake_path(GET page FILENAME name)
  if(page STREQUAL "include/breaker/README.md")
    set(name HOW_IT_WORKS.md)
  endif()
  set(${result} ${name} PARENT_SCOPE)
endfunction()

# breaker_write_page(<page> <tree> <folder>): a page as it is installed, without the tree around it. Links to the pages that lie
# beside it stay; what another one leads to is named instead; pictures go.
function(breaker_write_page page tree folder)
  file(READ ${tree}/${page} text)
  string(REGEX REPLACE "\\[?!\\[[^]]*\\]\\([^)]*\\)(\\]\\([^)]*\\)|)\n" "" text "${text}")
  cmake_path(GET page PARENT_PATH from)
  set(from "/${from}")
  foreach(other IN LISTS breaker_pages)
    breaker_name_page(${other} name)
    set(beside /${other})
    cmake_path(RELATIVE_PATH beside BASE_DIRECTORY ${from})
    foreach(end IN ITEMS ")" "#")
      string(REPLACE "](${beside}${end}" "](@${name}${end}" text "${text}")
    endforeach()
  endforeach()
  string(REPLACE "](@" "](" text "${text}")
  while(text MATCHES "\\[([^]\n]*)\\]\\((\\.\\./)*([A-Za-z_.]+/[A-Za-z_./]*|[a-z_]+[.]hpp)\\)")
    set(named "${CMAKE_MATCH_1} (`${CMAKE_MATCH_3}`)")
    if(CMAKE_MATCH_1 STREQUAL CMAKE_MATCH_3)
      set(named "`${CMAKE_MATCH_3}`")
    endif()
    string(REPLACE "${CMAKE_MATCH_0}" "${named}" text "${text}")
  endwhile()
  breaker_name_page(${page} name)
  file(CONFIGURE OUTPUT ${folder}/${name} CONTENT "@text@" @ONLY)
endfunction()
