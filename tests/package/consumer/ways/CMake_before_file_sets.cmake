install_ours()
build_consumer(old_cmake -DCMAKE_PREFIX_PATH=${WORK}/prefix)
