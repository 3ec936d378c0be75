install_ours(-DCMAKE_INSTALL_INCLUDEDIR=include/more -DCMAKE_INSTALL_DATADIR=lib/data)
expect_all_headers(${WORK}/prefix/include/more)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/prefix/lib/data/cmake/breaker)
use_pkg_config(${WORK}/prefix/lib/data/pkgconfig)
