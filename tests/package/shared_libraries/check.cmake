# Build a shared library that hides its symbols, and a program that catches what it throws; run it. Takes: COMPILER, SOURCE
# (our tree), WORK (a folder to use), FLAGS.
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
file(MAKE_DIRECTORY ${WORK})
separate_arguments(FLAGS)

compile(${FLAGS} -I${SOURCE}/include -fvisibility=hidden -fvisibility-inlines-hidden -fPIC -shared
  ${CMAKE_CURRENT_LIST_DIR}/library.cpp -o ${WORK}/liblibrary.so)
compile(${FLAGS} -I${SOURCE}/include -fvisibility=hidden ${CMAKE_CURRENT_LIST_DIR}/program.cpp
  -L${WORK} -llibrary -Wl,-rpath,${WORK} -o ${WORK}/program)
run(${WORK}/program)
