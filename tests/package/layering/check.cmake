# Hold the headers against the floors of the house. Takes: INCLUDE (the folder), LISTED (the headers in
# CMake's file sets, separated by spaces).
cmake_minimum_required(VERSION 3.23)

# A room is a folder of include/breaker, or a header that stands flat there. A header includes what is in
# its own room and in rooms named before it.
set(floors
  base types.hpp config.hpp clock.hpp
  window policy listen core call
  circuit_breaker.hpp candidate.hpp configured.hpp
  text registry metrics shared_memory fleet adapters testing)
# Any other flat header hands on what stands in folders, for users: nothing of the library includes it.
# The umbrella header has all flat ones and all policies, but:
set(not_in_umbrella candidate.hpp configured.hpp registry.hpp shared_memory.hpp policy/advised.hpp policy/any_rule.hpp policy/lower.hpp policy/marks.hpp policy/packed_rule.hpp policy/place.hpp policy/trip_rules.hpp
  policy/watched_calls.hpp policy/windowed.hpp)

# Standard headers that are cheap, chosen by what they bring in, and the dearer ones, each with the rooms and
# headers that may have it. These rooms may have any, other libraries' headers too:
set(free_rooms adapters fleet metrics registry shared_memory testing text)
set(cheap
  atomic bit chrono concepts cstddef cstdint cstdio cstdlib cstring ctime exception limits new ratio type_traits
  utility)
set(dear_array core/two_copies.hpp)
set(dear_optional listen/counters.hpp)
set(dear_string call/refusal.hpp)
set(dear_cerrno base/keep_errno.hpp)
set(dear_string_view listen/listener.hpp call/fallback.hpp call/judged_core.hpp call/name.hpp call/refusal.hpp circuit_breaker.hpp)  # which is part of <string> in every library
set(dear_system_error call/refusal.hpp call/result.hpp)
set(dear_condition_variable base/mutex.hpp)  # where there is no futex, as <mutex>
set(dear_mutex base/mutex.hpp)
set(dear_random base/entropy.hpp)  # where there is no getentropy
set(dear_sys/random.h base/entropy.hpp)

set(longest_header 350)  # lines
set(longest_adapter 110)

set(errors 0)
macro(complain text)
  message("${text}")
  math(EXPR errors "${errors} + 1")
endmacro()

function(room_of header result)
  cmake_path(GET header PARENT_PATH folder)
  if(NOT folder)
    set(folder ${header})
  endif()
  string(REGEX REPLACE "/.*" "" folder "${folder}")
  set(${result} ${folder} PARENT_SCOPE)
endfunction()

# ---- CMake lists each header, and no other

file(GLOB_RECURSE found RELATIVE ${INCLUDE}/breaker ${INCLUDE}/*.hpp)
separate_arguments(LISTED)
list(TRANSFORM LISTED REPLACE "^.*include/breaker/" "")
list(SORT LISTED)
list(SORT found)
if(NOT found STREQUAL LISTED)
  set(unlisted ${found})
  list(REMOVE_ITEM unlisted ${LISTED})
  list(REMOVE_ITEM LISTED ${found})
  complain("not in CMakeLists.txt: ${unlisted}; listed there, but no file: ${LISTED}")
endif()

# ---- each include points down, and costs little

foreach(header IN LISTS found)
  room_of(${header} room)
  list(FIND floors ${room} floor)
  if(floor EQUAL -1 AND NOT room STREQUAL header)
    complain("${header}: the folder ${room} is in no list of tests/package/layering/check.cmake")
  endif()
  file(STRINGS ${INCLUDE}/breaker/${header} includes REGEX "^ *# *include")
  foreach(line IN LISTS includes)
    if(line MATCHES "include \"breaker/([^\"]+)\"")
      set(target ${CMAKE_MATCH_1})
      list(APPEND included_by_${header} ${target})
      room_of(${target} below)
      list(FIND floors ${below} below_floor)
      if(target MATCHES "/detail/" AND NOT room STREQUAL below)
        complain("${header}: includes ${target}, the inside of another folder")
      endif()
      if(floor EQUAL -1 AND NOT header MATCHES "^(breaker|concepts)\\.hpp$" AND NOT target STREQUAL "${below}/${header}")
        complain("${header}: includes ${target}, and hands on nothing but a header of its name")
      elseif(floor EQUAL -1 OR room STREQUAL below)
        continue()
      elseif(below_floor EQUAL -1)
        complain("${header}: includes ${target}, which is for users; include what it hands on")
      elseif(below_floor GREATER floor)
        complain("${header}: includes ${target}, which is not below it")
      endif()
    elseif(line MATCHES "include <([^>]+)>")
      if(NOT CMAKE_MATCH_1 IN_LIST cheap AND NOT room IN_LIST free_rooms AND NOT header IN_LIST dear_${CMAKE_MATCH_1})
        complain("${header}: includes <${CMAKE_MATCH_1}>, which is not allowed there")
      endif()
    elseif(NOT "${header}: ${line}" STREQUAL "base/atomic.hpp: #include BREAKER_ATOMIC_HEADER")
      complain("${header}: a strange include: ${line}")
    endif()
  endforeach()
endforeach()

# ---- the umbrella header is whole

foreach(header IN LISTS found)
  if(NOT header MATCHES "^(policy/)?[a-z_]+\\.hpp$" OR header STREQUAL "breaker.hpp")
    continue()
  elseif(header IN_LIST not_in_umbrella)
    if(header IN_LIST included_by_breaker.hpp)
      complain("breaker.hpp: includes ${header}")
    endif()
  elseif(NOT header IN_LIST included_by_breaker.hpp)
    complain("breaker.hpp: lacks ${header}")
  endif()
endforeach()

# ---- the form of each header

foreach(header IN LISTS found)
  file(READ ${INCLUDE}/breaker/${header} text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  set(longest ${longest_header})
  if(header MATCHES "^adapters/")
    set(longest ${longest_adapter})
  endif()
  if(lines GREATER longest)
    complain("${header}: ${lines} lines, more than ${longest}")
  endif()
  if(NOT text MATCHES "^// ")
    complain("${header}: does not open with a comment that says what it is for")
  endif()
  if(NOT text MATCHES "\n#pragma once\n")
    complain("${header}: lacks #pragma once")
  endif()
  if(text MATCHES "\\[\\[no_unique_address\\]\\]" AND NOT header STREQUAL "base/version.hpp")
    complain("${header}: says [[no_unique_address]], where BREAKER_NO_UNIQUE_ADDRESS would hold in Microsoft's ABI, too")
  endif()
  if(text MATCHES "namespace breaker::" OR text MATCHES "namespace breaker {\n[^B]")  # ctags and Doxygen lose the names
    complain("${header}: opens namespace breaker otherwise than by two lines, the second BREAKER_ABI_BEGIN")
  endif()
endforeach()

# ---- what a user writes needs nothing of the inside

file(GLOB examples ${INCLUDE}/../examples/*.cpp)
foreach(example IN LISTS examples)
  file(STRINGS ${example} inside REGEX "detail(::|/)")
  if(inside)
    complain("${example}: ${inside}")
  endif()
endforeach()

if(errors GREATER 0)
  message(FATAL_ERROR "${errors} found")
endif()
list(LENGTH found count)
message("${count} headers hold to the floors")
