# Catch2 3 or 2.13: a package of one does not satisfy a request for the other, and both build the same sources.
# Of the proofs only those on the wire need it.
find_package(Catch2 3 QUIET)
if(NOT Catch2_FOUND)
  find_package(Catch2 2.13 QUIET)
endif()
if(NOT Catch2_FOUND)
  if(BREAKER_BUILD_TESTS OR BREAKER_BUILD_PACKAGE_TESTS)
    message(FATAL_ERROR "The tests need Catch2 (Debian: catch2)")
  endif()
  return()
endif()
include(Catch)

# A library for our tests only: warnings and include paths of tests never reach a consumer.
add_library(breaker_test_support STATIC support/main.cpp)
# Catch2's own code is not what a sanitizer is to look at.
set_source_files_properties(support/main.cpp PROPERTIES COMPILE_OPTIONS "-O0;-g0;-fno-sanitize=all")
target_include_directories(breaker_test_support PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(breaker_test_support PUBLIC breaker::breaker Threads::Threads)
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  target_link_libraries(breaker_test_support PUBLIC Catch2::Catch2WithMain)
else()
  target_link_libraries(breaker_test_support PUBLIC Catch2::Catch2)
endif()

# Catch2 2 is one large header: half the time that a test takes to build, unless it is built once, with the
# library's. (The options let ccache see through it.)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp CONTENT "")
add_library(breaker_test_precompiled OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(breaker_test_precompiled PRIVATE breaker_test_support)
target_precompile_headers(breaker_test_precompiled PRIVATE support/catch.hpp <breaker/breaker.hpp>)

function(use_precompiled_catch name)
  target_precompile_headers(${name} REUSE_FROM breaker_test_precompiled)
  target_compile_options(${name} PRIVATE ${precompiled_flags})
endfunction()
set(precompiled_flags
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
target_compile_options(breaker_test_precompiled PRIVATE ${precompiled_flags})
