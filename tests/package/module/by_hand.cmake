# Compile the module and a program that imports it, as GUIDE says, and run it. Takes: COMPILER (a clang), SOURCE (our
# tree), WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
file(MAKE_DIRECTORY ${WORK})

compile(-I${SOURCE}/include --precompile ${SOURCE}/include/breaker/breaker.cppm -o ${WORK}/breaker.pcm)
compile(-fmodule-file=breaker=${WORK}/breaker.pcm ${CMAKE_CURRENT_LIST_DIR}/app.cpp ${WORK}/breaker.pcm -o ${WORK}/app)
run(${WORK}/app)
