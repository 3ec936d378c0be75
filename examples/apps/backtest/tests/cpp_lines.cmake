# Each line to paste compiles, and makes a circuit. Takes: TOOL, DATA, COMPILER, INCLUDE (the
# library's folder), WORK (a folder).
cmake_minimum_required(VERSION 3.23)
set(candidates
  --try "5 failures of last 37" --try "worse than 1 % to 10 % once per year at 50 calls/s"
  --try "3 failures in a row or failed or slower than 1 s: 50 % in 10 s, open 1 s times 1.5 to 1 min, 20 % jitter" --try "rate>=2.5% in 1500ms, min 3"
  --try "slow>1500us rate>=50% of last 10, min 5, open 250ms" --try "40 calls over 250ms"
  --try "consecutive 1, open 5s x2 max 5m, probes 3, close 2, reopen 2, lease 10s")
set(program "#include <breaker/breaker.hpp>\n#include <chrono>\nint main() {\n")
set(lines 0)
foreach(tried IN ITEMS "" candidates)
  execute_process(COMMAND ${TOOL} payments.log.gz ${${tried}} --json - WORKING_DIRECTORY ${DATA}
    OUTPUT_VARIABLE json COMMAND_ERROR_IS_FATAL ANY)
  string(JSON count LENGTH "${json}" candidates)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON line GET "${json}" candidates ${i} cpp)
    string(APPEND program "  {\n    ${line}\n    if (!circuit.would_admit()) return 1;\n  }\n")
    math(EXPR lines "${lines} + 1")
  endforeach()
  string(JSON line GET "${json}" endpoints 0 recommendation cpp)
  string(APPEND program "  {\n    ${line}\n    if (!circuit.would_admit()) return 1;\n  }\n")
endforeach()
if(lines LESS 20)
  message(FATAL_ERROR "only ${lines} lines")
endif()
file(WRITE ${WORK}/cpp_lines.cpp "${program}  return 0;\n}\n")
execute_process(COMMAND ${COMPILER} -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -I${INCLUDE} ${WORK}/cpp_lines.cpp -o ${WORK}/cpp_lines COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/cpp_lines COMMAND_ERROR_IS_FATAL ANY)
message("${lines} lines compile and make circuits")
