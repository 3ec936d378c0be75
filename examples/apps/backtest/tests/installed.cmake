# `cmake --install` puts the programs where README says, and they run there. Takes: BUILD (the build folder),
# BINDIR, PROGRAMS (separated by spaces), WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(PROGRAMS)
foreach(program IN LISTS PROGRAMS)
  execute_process(COMMAND ${WORK}/${BINDIR}/${program} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
  if(NOT help MATCHES "${program}")
    message(FATAL_ERROR "the help of ${program} is another program's: ${help}")
  endif()
endforeach()
