# Each adapter's target brings what its header needs.
install_ours()
foreach(adapter IN ITEMS asio curl grpc hiredis http httplib libpq libpqxx postgres prometheus_cpp redis spdlog)
  run(${CMAKE_COMMAND} -S ${here}/adapters -B ${WORK}/${adapter} -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DADAPTER=${adapter} -DONLY_INCLUDED=ON -DCMAKE_PREFIX_PATH=${WORK}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK}/${adapter})
endforeach()
