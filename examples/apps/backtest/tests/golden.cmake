# The report of the recorded log is the one that was looked at. Takes: TOOL, DATA (the folder),
# GOLDEN (whole or upstream). With UPDATE the golden file is written anew: look at the difference.
cmake_minimum_required(VERSION 3.23)
set(whole payments.log.gz --all)
set(upstream payments.log.gz --by upstream --try "consecutive 5, open 1s"
  --try "rate>=50% in 10s, min 20, open 5s" --slower-than 100ms --aborted ignored)
execute_process(COMMAND ${TOOL} ${${GOLDEN}} WORKING_DIRECTORY ${DATA}
  OUTPUT_VARIABLE report RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "ended with ${code}")
endif()
set(file ${DATA}/golden_${GOLDEN}.txt)
if(UPDATE)
  file(WRITE ${file} "${report}")
endif()
file(READ ${file} golden)
if(NOT report STREQUAL golden)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${GOLDEN}_now.txt "${report}")
  execute_process(COMMAND diff ${file} ${CMAKE_CURRENT_BINARY_DIR}/${GOLDEN}_now.txt)
  message(FATAL_ERROR "The report is another one")
endif()
