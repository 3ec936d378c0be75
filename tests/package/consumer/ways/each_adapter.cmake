# Each adapter's target brings what its header needs.
install_ours()
find_program(PKG_CONFIG pkg-config)
set(if_there "")
execute_process(COMMAND ${PKG_CONFIG} --exists opentelemetry_api RESULT_VARIABLE result)
if(result EQUAL 0)
  set(if_there opentelemetry)  # Debian 12 has none
endif()
if(NOT COMPILER MATCHES clang)
  list(APPEND if_there asio)  # Debian 12's Asio finds no coroutines in clang
endif()
foreach(adapter IN ITEMS curl grpc hiredis http httplib libpq libpqxx postgres prometheus_cpp redis spdlog ${if_there})
  run(${CMAKE_COMMAND} -S ${here}/adapters -B ${WORK}/${adapter} -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DADAPTER=${adapter} -DONLY_INCLUDED=ON -DCMAKE_PREFIX_PATH=${WORK}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK}/${adapter})
endforeach()
