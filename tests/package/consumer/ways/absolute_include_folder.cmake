# As Nix installs: headers and CMake files in trees of their own, which can't be moved. From a copy, as CMake wants none
# of them inside the source tree.
file(COPY ${SOURCE}/CMakeLists.txt ${SOURCE}/include ${SOURCE}/LICENSE ${SOURCE}/README.md DESTINATION ${WORK}/tree)
file(COPY ${SOURCE}/.github/CHANGELOG.md DESTINATION ${WORK}/tree/.github)
set(SOURCE ${WORK}/tree)
install_ours(-DCMAKE_INSTALL_INCLUDEDIR=${WORK}/headers/include -DCMAKE_INSTALL_DATADIR=${WORK}/data)
expect_all_headers(${WORK}/headers/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/data/cmake/breaker)
use_pkg_config(${WORK}/data/pkgconfig)
