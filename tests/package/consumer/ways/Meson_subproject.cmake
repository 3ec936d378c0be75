file(COPY ${SOURCE}/CMakeLists.txt ${SOURCE}/include DESTINATION ${WORK}/source/subprojects/breaker)
build_with_meson(subproject)
