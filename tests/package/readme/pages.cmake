# README.md has at most 150 lines, none above 120 characters outside tables and code. Each relative link of
# README.md and GUIDE.md leads to a file, and to a heading where it names one. Takes: README, GUIDE.
cmake_minimum_required(VERSION 3.23)

set(errors 0)
macro(complain text)
  message("${text}")
  math(EXPR errors "${errors} + 1")
endmacro()

# ---- README is short

file(READ ${README} text)
string(REGEX REPLACE "[^\n]" "" newlines "${text}")
string(LENGTH "${newlines}" lines)
if(lines GREATER 150)
  complain("${README}: ${lines} lines, more than 150")
endif()

# No brackets, semicolons or backslashes, so that a list of lines is one; a letter beyond ASCII is several bytes.
string(REGEX REPLACE "[][;\\\\]|[^\n -~]+" "_" text "${text}")
string(REPLACE "\n" ";" text "${text}")
set(number 0)
set(is_code FALSE)
foreach(line IN LISTS text)
  math(EXPR number "${number} + 1")
  string(LENGTH "${line}" length)
  if(line MATCHES "^```" AND is_code)
    set(is_code FALSE)
  elseif(line MATCHES "^```")
    set(is_code TRUE)
  elseif(length GREATER 120 AND NOT is_code AND NOT line MATCHES "^\\|")
    complain("${README}:${number}: ${length} characters, more than 120")
  endif()
endforeach()

# ---- links lead somewhere

# The headings of a page, as the end of a link names them: lower case, "-" for a space, letters and digits.
function(headings_of page result)
  file(STRINGS ${page} headings REGEX "^#+ ")
  list(TRANSFORM headings REPLACE "^#+ " "")
  list(TRANSFORM headings TOLOWER)
  list(TRANSFORM headings REPLACE "[^a-z0-9 -]" "")
  list(TRANSFORM headings REPLACE " " "-")
  set(${result} ${headings} PARENT_SCOPE)
endfunction()

foreach(page IN ITEMS ${README} ${GUIDE})
  cmake_path(GET page PARENT_PATH folder)
  file(READ ${page} text)
  string(REPLACE "](" "@(" text "${text}")  # a bracket would hold the list together
  string(REGEX MATCHALL "@\\([^) \n]+\\)" links "${text}")
  foreach(link IN LISTS links)
    if(link MATCHES "^@.https?:")
      continue()
    endif()
    string(REGEX MATCH "^@.([^#)]*)#?([^)]*)" link "${link}")
    set(file ${page})
    if(CMAKE_MATCH_1)
      set(file ${folder}/${CMAKE_MATCH_1})
    endif()
    set(heading "${CMAKE_MATCH_2}")
    if(NOT EXISTS ${file})
      complain("${page}: no such file: ${CMAKE_MATCH_1}")
    elseif(heading)
      headings_of(${file} headings)
      if(NOT heading IN_LIST headings)
        complain("${page}: no such heading: ${file}#${heading}")
      endif()
    endif()
  endforeach()
endforeach()

if(errors GREATER 0)
  message(FATAL_ERROR "${errors} found")
endif()
