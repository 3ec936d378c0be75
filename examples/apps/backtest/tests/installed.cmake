# `cmake --install` puts the program where README says, and it runs there. Takes: BUILD (the build folder),
# BINDIR, WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/${BINDIR}/breaker-backtest --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
if(NOT help MATCHES "breaker-backtest")
  message(FATAL_ERROR "its help is another program's: ${help}")
endif()
