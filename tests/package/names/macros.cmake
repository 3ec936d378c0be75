# Compile macros.cpp. Takes: COMPILER, SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
compile(-I${SOURCE}/include -I${SOURCE}/tests -fsyntax-only ${CMAKE_CURRENT_LIST_DIR}/macros.cpp)
