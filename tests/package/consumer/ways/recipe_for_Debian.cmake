# Source and binary package of the archive; lintian has nothing against either.
need(dpkg-buildpackage)
need(dh)
fill_recipes()
file(RENAME ${WORK}/breaker-${VERSION}.tar.gz ${WORK}/breaker_${VERSION}.orig.tar.gz)
file(COPY ${WORK}/recipes/debian DESTINATION ${WORK}/breaker-${VERSION})
set(ENV{CXX} ${COMPILER})
run(${CMAKE_COMMAND} -E chdir ${WORK}/breaker-${VERSION}
  ${PROGRAM_dpkg-buildpackage} --unsigned-source --unsigned-changes --no-check-builddeps)

need(dpkg-deb)
run(${PROGRAM_dpkg-deb} -x ${WORK}/breaker-dev_${VERSION}-1_all.deb ${WORK}/unpacked)
expect_all_headers(${WORK}/unpacked/usr/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/unpacked/usr)

need(lintian)
file(GLOB changes ${WORK}/*.changes)
run(${PROGRAM_lintian} --allow-root --fail-on error,warning
  --suppress-tags initial-upload-closes-no-bugs ${changes})  # there is no bug to close before a packager asks for one
