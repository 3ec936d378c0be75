install_ours()
set(configure ${CMAKE_COMMAND} -S ${here}/adapters -B ${WORK}/refused -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
  -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run_failing("breaker has no adapter \"nonsense\", only: asio curl" ${configure} -DADAPTER=nonsense)
run_failing("breaker::spdlog needs spdlog (Debian: libspdlog-dev)" ${configure} -DADAPTER=spdlog
  -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON)

need_library(curl/curl.h)
build_consumer(adapters -DADAPTER=curl -DCMAKE_PREFIX_PATH=${WORK}/prefix)
