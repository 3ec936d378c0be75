# Two translation units see one circuit, each by the single header, or one by the many headers. One that includes both
# is told so. Takes: COMPILER, SOURCE (our tree), SINGLE (where breaker/ is), WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)
include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)
file(MAKE_DIRECTORY ${WORK})

set(parts ${SOURCE}/tests/package/consumer/together)
compile(-I${SINGLE} -c ${parts}/main.cpp -o ${WORK}/main.o)
compile(-I${SINGLE} -c ${parts}/part.cpp -o ${WORK}/part.o)
compile(-I${SOURCE}/include -c ${parts}/part.cpp -o ${WORK}/part_by_many.o)
foreach(part part part_by_many)
  compile(${WORK}/main.o ${WORK}/${part}.o -o ${WORK}/app)
  run(${WORK}/app)
endforeach()

# The many first, then the one; and the other way round.
function(expect_told name text headers)
  list(TRANSFORM headers REPLACE "(.+)" "#include \\1\n")
  list(JOIN headers "" headers)
  file(WRITE ${WORK}/${name}.cpp "${headers}")
  execute_process(COMMAND ${COMPILER} -std=c++20 -I${SOURCE}/include -fsyntax-only ${WORK}/${name}.cpp
    RESULT_VARIABLE code ERROR_VARIABLE output)
  if(code EQUAL 0 OR NOT output MATCHES "${text}")
    message(FATAL_ERROR "${name}: not told so:\n${output}")
  endif()
endfunction()
expect_told(many_first "take the one file or the many, not both" "<breaker/breaker.hpp>;\"${SINGLE}/breaker/breaker.hpp\"")
expect_told(one_first "is included already; take one of them" "\"${SINGLE}/breaker/breaker.hpp\";<breaker/registry.hpp>")
