# Compile README's programs, and the small examples, with the single headers alone, and run them. Takes: COMPILER,
# PROGRAMS (of README; each has <program>.expected beside it), SOURCE (our tree), SINGLE (where breaker/ is), WORK (a
# folder to use).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
need_compiler()
file(MAKE_DIRECTORY ${WORK})

foreach(program IN LISTS PROGRAMS)
  compile(-I${SINGLE} ${program} -o ${WORK}/program)
  run(${WORK}/program)
  file(READ ${program}.expected expected)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "${program} prints:\n${output}\nnot:\n${expected}")
  endif()
endforeach()

# The examples become one program, each in a namespace of its own, as most of the time goes into the library's header.
set(includes "#include <breaker/breaker.hpp>\n#include <breaker/breaker_all.hpp>\n#include \"check.hpp\"\n")
set(calls "")
set(bodies "")
set(main "\nint main() {")
file(GLOB examples ${SOURCE}/examples/*.cpp)
foreach(example IN LISTS examples)
  file(READ ${example} text)
  if(text MATCHES "\n#if|breaker/shared_memory\\.hpp|<(nlohmann|yaml-cpp)/")
    continue()  # takes another library where it is, or what the one file leaves out
  endif()
  cmake_path(GET example STEM name)
  string(REGEX MATCHALL "#include (<[a-z_]+>|\"[a-z_]+\\.hpp\")\n" others "${text}")  # of the standard library, and beside it
  list(JOIN others "" others)
  string(APPEND includes "${others}")
  string(REGEX REPLACE "#include [^\n]*" "" text "${text}")
  string(REPLACE "${main}" "\nvoid run() {" text "${text}")
  string(APPEND bodies "namespace example_${name} {\n#line 1 \"${example}\"\n${text}}  // namespace example_${name}\n")
  string(APPEND calls "  example_${name}::run();\n")
endforeach()
file(WRITE ${WORK}/examples.cpp "${includes}\n${bodies}\nint main() {\n${calls}}\n")
compile(-I${SINGLE} -I${SOURCE}/examples ${WORK}/examples.cpp -o ${WORK}/examples)
run(${WORK}/examples)
