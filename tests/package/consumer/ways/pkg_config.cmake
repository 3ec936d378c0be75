install_ours()
use_pkg_config(${WORK}/prefix/share/pkgconfig)
run(${PROGRAM_pkg-config} --exact-version=0.2.0 breaker)
execute_process(COMMAND ${PROGRAM_pkg-config} --variable=includedir breaker COMMAND_ERROR_IS_FATAL ANY
  OUTPUT_VARIABLE includedir OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT EXISTS ${includedir}/breaker/breaker.hpp)
  message(FATAL_ERROR "includedir: ${includedir}")
endif()
