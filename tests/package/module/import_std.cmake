# The same in C++23, with the standard library as a module, too: libc++'s. Takes: COMPILER (a clang), SOURCE (our tree),
# WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
file(MAKE_DIRECTORY ${WORK})

run(${COMPILER} -print-resource-dir)  # …/lib/clang/19
string(STRIP "${output}" folder)
cmake_path(SET std NORMALIZE ${folder}/../../../share/libc++/v1/std.cppm)
if(NOT EXISTS ${std})
  message("SKIPPED: there is no ${std}")
  return()
endif()

set(flags -std=c++23 -stdlib=libc++)
compile(${flags} -Wno-reserved-module-identifier --precompile ${std} -o ${WORK}/std.pcm)
compile(${flags} -I${SOURCE}/include --precompile ${SOURCE}/include/breaker/breaker.cppm -o ${WORK}/breaker.pcm)
compile(${flags} -DIMPORT_STD -fmodule-file=std=${WORK}/std.pcm -fmodule-file=breaker=${WORK}/breaker.pcm
  ${CMAKE_CURRENT_LIST_DIR}/app.cpp ${WORK}/breaker.pcm ${WORK}/std.pcm -o ${WORK}/app)
run(${WORK}/app)
