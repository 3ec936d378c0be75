# Compile macros.cpp. (Debian keeps the header of libpq apart.) Takes: COMPILER, SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
compile(-I${SOURCE}/include -I${SOURCE}/tests -isystem /usr/include/postgresql -fsyntax-only ${CMAKE_CURRENT_LIST_DIR}/macros.cpp)
