install_ours()
foreach(first add_subdirectory find_package)
  run_failing("breaker is in this build already: something else has added or found it. Keep one copy"
    ${CMAKE_COMMAND} -S ${here}/twice -B ${WORK}/${first} -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DFIRST=${first} -DBREAKER_SOURCE_DIR=${SOURCE} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
endforeach()
