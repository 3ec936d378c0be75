# Compile and run greedy.cpp, in whose namespace a greedy template stands for each function of the library: a call that
# is not qualified finds those. Takes: CLANG (lists the names), COMPILER, ALL (breaker_all.hpp), SOURCE (our tree), WORK (a
# folder to use).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
find_program(clang ${CLANG})
if(NOT clang)
  message("SKIPPED: there is no ${CLANG}")
  return()
endif()

run(${CLANG} -std=c++20 -fsyntax-only -Xclang -ast-list -x c++ ${ALL})
string(REGEX MATCHALL "\nbreaker::(v[0-9_]+::)?(detail::|adapters::)?[a-z][a-z0-9_]+" names "${output}")
list(TRANSFORM names REPLACE ".*::" "")
list(REMOVE_DUPLICATES names)
list(SORT names)
# What a program may define for its own types.
list(REMOVE_ITEM names detail adapters testing literals operator)
list(LENGTH names count)
if(count LESS 200)
  message(FATAL_ERROR "only ${count} names were found")
endif()
set(templates "// ${count} names\n#pragma once\nnamespace greedy {\nstruct Wrong {};\n")
foreach(name IN LISTS names)
  string(APPEND templates "template <class... T> Wrong ${name}(T&&...);\n")
endforeach()
file(MAKE_DIRECTORY ${WORK})
file(WRITE ${WORK}/greedy.hpp "${templates}}\n")

compile(-I${WORK} -I${SOURCE}/include ${CMAKE_CURRENT_LIST_DIR}/greedy.cpp -o ${WORK}/greedy)
run(${WORK}/greedy)
message("${count} names")
