# Compile a program that uses everything, with the headers by -I, as many warnings as there are; none may be of ours. Takes:
# COMPILER, FLAGS, SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
separate_arguments(FLAGS)
execute_process(
  COMMAND ${COMPILER} -std=c++20 -O1 ${FLAGS} -I${SOURCE}/include -I${SOURCE}/tests
    -c ${SOURCE}/tests/support/everything.cpp -o ${WORK}.o
  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(code)
  message(FATAL_ERROR "ended with ${code}: ${output}")
endif()
string(REGEX MATCHALL "[^\n]*include/breaker/[^\n]* warning: [^\n]*" ours "${output}")
if(ours)
  list(JOIN ours "\n" ours)
  message(FATAL_ERROR "${ours}")
endif()
