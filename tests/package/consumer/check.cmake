# Consume the library in one of the ways that README names, and run what comes of it. Takes: WAY,
# SOURCE (our tree), COMPILER, WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
set(here ${CMAKE_CURRENT_LIST_DIR})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message("${output}")
    message(FATAL_ERROR "ended with ${code}: ${command}")
  endif()
endfunction()

# Install as README says, on a machine that has none of the packages our tests need; then move what
# was installed: nothing may remember where it was first.
function(install_ours)
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/ours -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DBREAKER_BUILD_TESTS=OFF -DBREAKER_BUILD_EXAMPLES=OFF
    -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -DCMAKE_DISABLE_FIND_PACKAGE_Threads=ON
    -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON)
  run(${CMAKE_COMMAND} --install ${WORK}/ours --prefix ${WORK}/first)
  file(RENAME ${WORK}/first ${WORK}/prefix)
  file(GLOB_RECURSE ours RELATIVE ${SOURCE}/include ${SOURCE}/include/*.hpp)
  file(GLOB_RECURSE installed RELATIVE ${WORK}/prefix/include ${WORK}/prefix/include/*.hpp)
  if(NOT installed STREQUAL ours)
    message(FATAL_ERROR "installed: ${installed}\nnot: ${ours}")
  endif()
endfunction()

function(build_consumer project)
  run(${CMAKE_COMMAND} -S ${here}/${project} -B ${WORK}/build -G Ninja
    -DCMAKE_CXX_COMPILER=${COMPILER} ${ARGN})
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  run(${WORK}/build/app)
endfunction()

function(compile)
  run(${COMPILER} -std=c++20 ${warnings} ${ARGN})
endfunction()

if(WAY STREQUAL "find_package")
  install_ours()
  build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/prefix)

elseif(WAY STREQUAL "add_subdirectory")
  build_consumer(subdirectory -DBREAKER_SOURCE_DIR=${SOURCE})
  run(${CMAKE_COMMAND} --install ${WORK}/build --prefix ${WORK}/prefix)
  file(GLOB_RECURSE installed RELATIVE ${WORK}/prefix ${WORK}/prefix/*)
  if(NOT installed STREQUAL "bin/app")
    message(FATAL_ERROR "the parent installs: ${installed}")
  endif()

elseif(WAY STREQUAL "FetchContent")
  run(${CMAKE_COMMAND} -E chdir ${SOURCE}
    ${CMAKE_COMMAND} -E tar czf ${WORK}/breaker.tar.gz CMakeLists.txt include)
  build_consumer(fetch -DBREAKER_ARCHIVE=${WORK}/breaker.tar.gz)

elseif(WAY STREQUAL "pkg-config")
  find_program(PKG_CONFIG pkg-config)
  if(NOT PKG_CONFIG)
    message("SKIPPED: there is no pkg-config")
    return()
  endif()
  install_ours()
  set(ENV{PKG_CONFIG_PATH} ${WORK}/prefix/share/pkgconfig)
  execute_process(COMMAND ${PKG_CONFIG} --cflags breaker COMMAND_ERROR_IS_FATAL ANY
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  compile(${flags} ${here}/app.cpp -o ${WORK}/app)
  run(${WORK}/app)
  run(${PKG_CONFIG} --exact-version=0.2.0 breaker)

elseif(WAY STREQUAL "plain compiler")
  compile(-I${SOURCE}/include ${here}/app.cpp -o ${WORK}/app)
  run(${WORK}/app)

elseif(WAY STREQUAL "two translation units")
  compile(-I${SOURCE}/include ${here}/together/main.cpp ${here}/together/part.cpp -o ${WORK}/app)
  run(${WORK}/app)

elseif(WAY STREQUAL "with and without exceptions")
  compile(-I${SOURCE}/include -fno-exceptions -fno-rtti -c ${here}/together/without_exceptions.cpp
    -o ${WORK}/without.o)
  compile(-I${SOURCE}/include ${here}/together/with_exceptions.cpp ${WORK}/without.o -o ${WORK}/app)
  run(${WORK}/app)
  compile(-I${SOURCE}/include ${WORK}/without.o ${here}/together/with_exceptions.cpp -o ${WORK}/app)
  run(${WORK}/app)  # whichever comes first

else()
  message(FATAL_ERROR "no such way: ${WAY}")
endif()
