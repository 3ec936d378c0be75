# Compile FILE and hold what comes of it against its first line: "// EXPECT: success", or a regular
# expression that the compiler's output must match besides failing: in its first 12 lines; if it
# begins with "breaker: ", in the first error, which is in the first 10. An optional second line, "// FLAGS:",
# adds flags, and takes no precompiled headers. The compiler shows no source lines: what they say is no reason. Takes: COMPILER,
# COMPILER_ID, INCLUDE, HEADERS (precompiled), FILE.
cmake_minimum_required(VERSION 3.23)
file(STRINGS ${FILE} lines LIMIT_COUNT 2)
list(GET lines 0 first)
list(GET lines 1 second)
if(NOT first MATCHES "^// EXPECT: (.+)$")
  message(FATAL_ERROR "${FILE}: the first line must be // EXPECT: …")
endif()
set(expected "${CMAKE_MATCH_1}")
set(flags -fno-diagnostics-show-caret)
if(COMPILER_ID MATCHES "Clang")
  set(flags -fno-caret-diagnostics)
endif()
if(second MATCHES "^// FLAGS: (.+)$")
  separate_arguments(own_flags UNIX_COMMAND "${CMAKE_MATCH_1}")
  list(APPEND flags ${own_flags})
else()
  list(APPEND flags -include ${HEADERS})
endif()

set(ENV{LC_ALL} C)
execute_process(
  COMMAND ${COMPILER} -std=c++20 -Wall -Wextra ${flags}
    -fsyntax-only -I${INCLUDE} ${FILE}
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(expected STREQUAL "success")
  if(NOT code EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "This should compile.")
  endif()
elseif(code EQUAL 0)
  message(FATAL_ERROR "This should not compile, but it does.")
elseif(NOT code EQUAL 1)
  message("${output}")
  message(FATAL_ERROR "The compiler itself failed (${code}).")
elseif(NOT output MATCHES "${expected}")
  message("${output}")
  message(FATAL_ERROR "This fails for another reason than /${expected}/.")
endif()

# What a user reads: a sentence of ours is the first error, and any reason stands near the top.
if(NOT expected STREQUAL "success")
  string(REGEX REPLACE "[][;]" " " lines "${output}")  # which a list could not hold
  string(REPLACE ";" "." expected "${expected}")
  string(REPLACE "\n" ";" lines "${lines}")
  set(most 12)
  if(expected MATCHES "^breaker: ")
    set(most 10)
  endif()
  list(SUBLIST lines 0 ${most} top)
  if(NOT "${top}" MATCHES "${expected}")
    message("${output}")
    message(FATAL_ERROR "The reason stands below the first ${most} lines.")
  endif()
  list(FILTER lines INCLUDE REGEX "error: ")
  list(GET lines 0 error)
  if(expected MATCHES "^breaker: " AND NOT error MATCHES "${expected}")
    message("${output}")
    message(FATAL_ERROR "Another error comes first.")
  endif()
endif()
