# No test sleeps, but where time is real: with sockets, with a browser, and in the soak. Takes: ROOT.
cmake_minimum_required(VERSION 3.23)

set(may_sleep
  "^tests/adapters/" "^tests/proof/wire/" "^tests/proof/soak/" "^tests/proof/killed/torture\\.cpp$" "^tests/proof/fleet/slow_proxy\\.hpp$" "^tests/metrics/scrape\\.py$"
  "^examples/apps/live/tests/(browser|many_test)\\.py$"
  "^examples/apps/backtest/tests/record_log$")  # made the log, and is no test
set(sleep "sleep(_for|_until)? *\\(|usleep|nanosleep|(^|[^a-z_])sleep [0-9.$]")

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/tests/* ${ROOT}/examples/apps/*/tests/*)
list(FILTER files INCLUDE REGEX "\\.(cpp|hpp|py|cmake|sh)$|/[a-z_]+$")
list(LENGTH files count)
foreach(pattern IN LISTS may_sleep)
  list(FILTER files EXCLUDE REGEX "${pattern}")
endforeach()
list(REMOVE_ITEM files tests/package/layering/sleeps.cmake)

foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} lines REGEX "${sleep}")
  foreach(line IN LISTS lines)
    message("${file}: ${line}")
    set(found TRUE)
  endforeach()
endforeach()
if(found OR count EQUAL 0)
  message(FATAL_ERROR "of ${count} files, these sleep")
endif()
message("${count} files")
