# A clone has tests, which may not be built: the file here would fail.
file(COPY ${SOURCE}/CMakeLists.txt ${SOURCE}/include DESTINATION ${WORK}/source/subprojects/breaker)
file(COPY ${SOURCE}/tests/CMakeLists.txt DESTINATION ${WORK}/source/subprojects/breaker/tests)
build_with_meson(subproject)
