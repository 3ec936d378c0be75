# How .ci/run builds: with the line numbers alone in debug information, a fifth of the work of a compiler.
set(CMAKE_CXX_FLAGS_DEBUG "-g1" CACHE STRING "")
