# How .ci/run builds: without debug information: line numbers alone are an eighth of a compiler's work. (Sanitizers get line numbers.)
set(CMAKE_CXX_FLAGS_DEBUG "" CACHE STRING "")
