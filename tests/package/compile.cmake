# Functions for scripts that compile programs with COMPILER, whatever this build's compiler is.

# Leave the test out, as this machine lacks COMPILER: a macro, as it ends the script.
macro(need_compiler)
  find_program(found ${COMPILER})
  if(NOT found)
    message("SKIPPED: there is no ${COMPILER}")
    return()
  endif()
endmacro()

# run(<command…>): ends with an error unless the command succeeds; its output is in `output`.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message("${output}${errors}")
    message(FATAL_ERROR "ended with ${code}: ${command}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# As C++20, unless the arguments say otherwise.
function(compile)
  run(${COMPILER} -std=c++20 -pthread -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror ${ARGN})
endfunction()
