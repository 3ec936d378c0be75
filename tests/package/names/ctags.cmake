# Editors list names by ctags or much like it: the macro of the inline namespace must not hide them. Takes: CTAGS,
# INCLUDE (the folder).
cmake_minimum_required(VERSION 3.23)
set(fewest 900)

execute_process(COMMAND ${CTAGS} --version OUTPUT_VARIABLE version ERROR_QUIET)
if(NOT version MATCHES "Universal Ctags")
  message("SKIPPED: ${CTAGS} is no Universal Ctags")
  return()
endif()

execute_process(COMMAND ${CTAGS} -R --languages=C++ --extras=+q -f - ${INCLUDE}
  OUTPUT_VARIABLE tags COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\nbreaker::" found "\n${tags}")
list(LENGTH found count)
message("ctags finds ${count} names as breaker::")
if(count LESS fewest)
  message(FATAL_ERROR "fewer than ${fewest}")
endif()
foreach(name CircuitBreaker CircuitBreaker::call Config::probes Verdict describe)
  if(NOT tags MATCHES "(^|\n)breaker::${name}\t")
    message(FATAL_ERROR "breaker::${name} is not among them")
  endif()
endforeach()
