# cpack makes a package that lintian has nothing against, and that holds a library.
need(dpkg-deb)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/ours -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
  -DBREAKER_BUILD_TESTS=OFF -DBREAKER_BUILD_EXAMPLES=OFF "-DCPACK_PACKAGE_CONTACT=A Packager <packager@debian.org>")
cmake_path(GET CMAKE_COMMAND PARENT_PATH bin)
run(${CMAKE_COMMAND} -E chdir ${WORK}/ours ${bin}/cpack -G DEB)
file(GLOB package ${WORK}/ours/*.deb)
cmake_path(GET package FILENAME name)
expect(${name} breaker-dev_0.2.0_all.deb)

run(${PROGRAM_dpkg-deb} -x ${package} ${WORK}/unpacked)
expect_all_headers(${WORK}/unpacked/usr/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/unpacked/usr)

need(lintian)
run(${PROGRAM_lintian} --allow-root --fail-on error,warning ${package})
