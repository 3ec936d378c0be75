run(${CMAKE_COMMAND} -E chdir ${SOURCE}
  ${CMAKE_COMMAND} -E tar czf ${WORK}/breaker.tar.gz CMakeLists.txt include)
build_consumer(fetch -DBREAKER_ARCHIVE=${WORK}/breaker.tar.gz ${strange_warnings})
