# cpp-httplib, for the programs that serve or call HTTP: the target `httplib`, where it is installed.
include_guard(GLOBAL)
find_package(Threads REQUIRED)
find_path(HTTPLIB_INCLUDE_DIR httplib.h)
find_library(HTTPLIB_LIBRARY cpp-httplib)
mark_as_advanced(HTTPLIB_INCLUDE_DIR HTTPLIB_LIBRARY)
if(NOT HTTPLIB_INCLUDE_DIR)
  return()
endif()

add_library(httplib INTERFACE IMPORTED GLOBAL)
target_include_directories(httplib SYSTEM INTERFACE ${HTTPLIB_INCLUDE_DIR})
target_link_libraries(httplib INTERFACE Threads::Threads)
if(HTTPLIB_LIBRARY)
  # Debian ships declarations and a library. Its classes have other sizes without the macros that it was built with
  # (see cpp-httplib.pc), and the package depends on what they need. Where there is no library the header is all there
  # is, and needs none of them.
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  target_link_libraries(httplib INTERFACE ${HTTPLIB_LIBRARY} OpenSSL::Crypto)
  target_compile_definitions(httplib INTERFACE
    CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
endif()
