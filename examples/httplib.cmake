# cpp-httplib, for the examples that serve or call HTTP.
find_package(Threads REQUIRED)
find_path(HTTPLIB_INCLUDE_DIR httplib.h)
find_library(HTTPLIB_LIBRARY cpp-httplib)
mark_as_advanced(HTTPLIB_INCLUDE_DIR HTTPLIB_LIBRARY)

function(link_httplib target)
  target_include_directories(${target} SYSTEM PRIVATE ${HTTPLIB_INCLUDE_DIR})
  target_link_libraries(${target} PRIVATE Threads::Threads)
  if(HTTPLIB_LIBRARY)
    # Debian ships declarations and a library. Its classes have other sizes without the macros that it was built with
    # (see cpp-httplib.pc), and the package depends on what they need. Where there is no library the header is all there
    # is, and needs none of them.
    find_package(OpenSSL REQUIRED COMPONENTS Crypto)
    target_link_libraries(${target} PRIVATE ${HTTPLIB_LIBRARY} OpenSSL::Crypto)
    target_compile_definitions(${target} PRIVATE
      CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
  endif()
endfunction()
