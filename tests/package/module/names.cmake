# Hold the names that breaker.cppm exports against those that the headers declare, as clang lists them. Takes: COMPILER
# (a clang), ALL (breaker_all.hpp), SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()

# Clang lists these like names of the namespace: parameters of concepts, of guides, of an alias and of a lambda; friends.
set(no_names Clock Parts Policies T operator registry policy share
  fleet::Circuit fleet::circuit fleet::T fleet::store fleet::request fleet::most fleet::message fleet::operator)

file(READ ${ALL} text)
string(REGEX MATCHALL "\nnamespace [a-z_]+ {" namespaces "${text}")
list(TRANSFORM namespaces REPLACE ".*namespace ([a-z_]+) {" "\\1")
list(REMOVE_DUPLICATES namespaces)
list(APPEND no_names ${namespaces})
list(REMOVE_ITEM namespaces breaker detail)
list(JOIN namespaces "|" namespaces)

run(${COMPILER} -std=c++20 -fsyntax-only -Xclang -ast-list -x c++ ${ALL})
string(REGEX MATCHALL "\nbreaker::[A-Za-z0-9_:|\"]+" names "${output}")
list(TRANSFORM names REPLACE "\nbreaker::" "")
list(FILTER names INCLUDE REGEX "^((${namespaces})::)?[^:]+$")
list(FILTER names EXCLUDE REGEX "^v[0-9_]+$|::detail$")
list(REMOVE_ITEM names ${no_names})
list(REMOVE_DUPLICATES names)

file(READ ${SOURCE}/include/breaker/breaker.cppm text)
string(REGEX MATCHALL "\nusing breaker::[^;]+" exported "${text}")
list(TRANSFORM exported REPLACE "\nusing breaker::" "")

list(LENGTH names count)
set(missing ${names})
list(REMOVE_ITEM missing ${exported})
list(REMOVE_ITEM exported ${names})
if(count EQUAL 0 OR missing OR exported)
  message(FATAL_ERROR "breaker.cppm lacks, of ${count} names: ${missing}; has too many: ${exported}")
endif()
message("${count} names")
