# Hold the members that a circuit in shared memory hands on against those that a circuit has. Takes: SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)
file(STRINGS ${SOURCE}/tests/package/names/names.txt names REGEX "^breaker::CircuitBreaker::[a-zA-Z_]+$")
list(TRANSFORM names REPLACE "^breaker::CircuitBreaker::" "")
list(REMOVE_ITEM names CircuitBreaker reconfigure)  # it has a sentence of its own

file(STRINGS ${SOURCE}/include/breaker/shared_memory/circuit.hpp lines REGEX "^  using (typename )?Circuit::[a-zA-Z_]+;")
list(TRANSFORM lines REPLACE ".*Circuit::([a-zA-Z_]+);.*" "\\1")

set(missing ${names})
list(REMOVE_ITEM missing ${lines})
list(LENGTH lines count)
if(missing OR count LESS 20)
  message(FATAL_ERROR "SharedCircuit hands on ${count} members, and lacks: ${missing}")
endif()
message("${count} members")
