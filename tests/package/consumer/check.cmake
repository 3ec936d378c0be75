# Take the library into a program in one way, and run the program: ways/<WAY>.cmake. Takes: WAY, SOURCE (our tree),
# VERSION, COMPILER, WORK (a folder to use).
cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
set(here ${CMAKE_CURRENT_LIST_DIR})

include(${CMAKE_CURRENT_LIST_DIR}/../compile.cmake)  # run()

# Ends with an error unless <text> contains <part>.
function(expect text part)
  string(FIND "${text}" "${part}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "\"${part}\" is not in:\n${text}")
  endif()
endfunction()

# Run what must fail, and say in <sentence> why (line breaks do not count).
function(run_failing sentence)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(code EQUAL 0)
    message(FATAL_ERROR "did not fail: ${ARGN}")
  endif()
  expect("${output}" "${sentence}")
endfunction()

# Leave the test out, as this machine lacks <program>: a macro, as it ends the script.
macro(need program)
  find_program(PROGRAM_${program} ${program})
  if(NOT PROGRAM_${program})
    message("SKIPPED: there is no ${program}")
    return()
  endif()
endmacro()

# Leave the test out, as this machine lacks a library with <header>.
macro(need_library header)
  execute_process(COMMAND ${COMPILER} -E -x c++ -include ${header} /dev/null
    RESULT_VARIABLE lacking OUTPUT_QUIET ERROR_QUIET)
  if(lacking)
    message("SKIPPED: there is no <${header}>")
    return()
  endif()
endmacro()

# Install as README says, on a machine that has none of the packages our tests need; then move what
# was installed: nothing may remember where it was first. Takes options for CMake.
function(install_ours)
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/ours -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DBREAKER_BUILD_TESTS=OFF -DBREAKER_BUILD_EXAMPLES=OFF
    -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -DCMAKE_DISABLE_FIND_PACKAGE_Threads=ON
    -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON ${ARGN})
  run(${CMAKE_COMMAND} --install ${WORK}/ours --prefix ${WORK}/first)
  file(RENAME ${WORK}/first ${WORK}/prefix)
endfunction()

# Copy what a release archive holds into <folder>.
function(copy_release folder)
  file(COPY ${SOURCE}/CMakeLists.txt ${SOURCE}/include ${SOURCE}/LICENSE ${SOURCE}/README.md DESTINATION ${folder})
  file(COPY ${SOURCE}/.github/CHANGELOG.md DESTINATION ${folder}/.github)
endfunction()

# Make the archive of a release, and the recipes of .github/packaging for it in ${WORK}/recipes.
function(fill_recipes)
  set(name breaker-${VERSION})
  copy_release(${WORK}/${name})
  run(${CMAKE_COMMAND} -E chdir ${WORK} ${CMAKE_COMMAND} -E tar czf ${name}.tar.gz ${name})
  run(${CMAKE_COMMAND} -DARCHIVE=${WORK}/${name}.tar.gz -DURL=file://${WORK}/${name}.tar.gz
    -DHOMEPAGE=https://breaker.example "-DMAINTAINER=A Packager <packager@debian.org>" -DOUT=${WORK}/recipes
    -P ${SOURCE}/.github/packaging/fill.cmake)
endfunction()

function(expect_all_headers folder)
  file(GLOB_RECURSE ours RELATIVE ${SOURCE}/include ${SOURCE}/include/*.hpp)
  file(GLOB_RECURSE installed RELATIVE ${folder} ${folder}/*.hpp)
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

# Warnings that our headers do not promise to be clean of.
set(strange_warnings "-DCMAKE_CXX_FLAGS=-Wsign-conversion -Werror")

function(compile)
  run(${COMPILER} -std=c++20 ${warnings} ${ARGN})
endfunction()

# Compile the program with what the .pc file in <folder> says, or leave the test out.
macro(use_pkg_config folder)
  need(pkg-config)
  file(READ ${folder}/breaker.pc text)
  if(text MATCHES "//")  # what Nix refuses
    message(FATAL_ERROR "${text}")
  endif()
  set(ENV{PKG_CONFIG_PATH} ${folder})
  execute_process(COMMAND ${PROGRAM_pkg-config} --cflags breaker COMMAND_ERROR_IS_FATAL ANY
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  compile(${flags} ${here}/app.cpp -o ${WORK}/app)
  run(${WORK}/app)
endmacro()

# Takes options for Meson.
macro(build_with_meson way)
  need(meson)
  file(COPY ${here}/meson/ ${here}/app.cpp DESTINATION ${WORK}/source)
  set(ENV{CXX} ${COMPILER})
  run(${PROGRAM_meson} setup ${WORK}/build ${WORK}/source -Dway=${way} ${ARGN})
  run(${PROGRAM_meson} compile -C ${WORK}/build)
  run(${WORK}/build/app)
endmacro()

include(${here}/ways/${WAY}.cmake)
