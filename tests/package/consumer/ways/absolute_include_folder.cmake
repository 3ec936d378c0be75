# As Nix installs: headers and CMake files in trees of their own, which can't be moved. From a copy, as CMake wants none
# of them inside the source tree.
copy_release(${WORK}/tree)
set(SOURCE ${WORK}/tree)
install_ours(-DCMAKE_INSTALL_INCLUDEDIR=${WORK}/headers/include -DCMAKE_INSTALL_DATADIR=${WORK}/data)
expect_all_headers(${WORK}/headers/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/data/cmake/breaker)
use_pkg_config(${WORK}/data/pkgconfig)
