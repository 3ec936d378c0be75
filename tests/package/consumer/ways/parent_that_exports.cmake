# The parent's package brings ours along.
run(${CMAKE_COMMAND} -S ${here}/exporter -B ${WORK}/parent -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
  -DBREAKER_SOURCE_DIR=${SOURCE})
run(${CMAKE_COMMAND} --install ${WORK}/parent --prefix ${WORK}/prefix)
build_consumer(exporter/consumer -DCMAKE_PREFIX_PATH=${WORK}/prefix)
