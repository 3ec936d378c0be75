run_failing("breaker::spdlog needs spdlog (Debian: libspdlog-dev)"
  ${CMAKE_COMMAND} -S ${here}/adapters -B ${WORK}/refused -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
  -DADAPTER=spdlog -DBREAKER_SOURCE_DIR=${SOURCE} -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON)

need_library(curl/curl.h)
build_consumer(adapters -DADAPTER=curl -DBREAKER_SOURCE_DIR=${SOURCE})
