# How .ci/run builds: without debug information, a quarter of the work of a compiler. (Sanitizers get line numbers.)
set(CMAKE_CXX_FLAGS_DEBUG "" CACHE STRING "")
