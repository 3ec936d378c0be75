install_ours()
expect_all_headers(${WORK}/prefix/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/prefix ${strange_warnings})

# Packagers call it, though there is nothing to test without the tests.
run(${CMAKE_COMMAND} --build ${WORK}/ours --target test)
