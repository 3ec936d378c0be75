# vcpkg's functions as far as the port calls them: each does here what it does there to one release build.
fill_recipes()
set(PORT breaker)
set(CURRENT_PACKAGES_DIR ${WORK}/packages)

function(vcpkg_download_distfile result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "URLS;FILENAME;SHA512" "")
  file(DOWNLOAD ${arg_URLS} ${WORK}/downloads/${arg_FILENAME} EXPECTED_HASH SHA512=${arg_SHA512})
  set(${result} ${WORK}/downloads/${arg_FILENAME} PARENT_SCOPE)
endfunction()

function(vcpkg_extract_source_archive result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCHIVE" "")
  file(ARCHIVE_EXTRACT INPUT ${arg_ARCHIVE} DESTINATION ${WORK}/src)
  file(GLOB folder ${WORK}/src/*)  # the one that is in there
  set(${result} ${folder} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "")
  run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${WORK}/port -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR})
endfunction()

function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --build ${WORK}/port --target install)
endfunction()

function(vcpkg_cmake_config_fixup)  # moves the package to share/<port>, and counts its way up from there
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  file(COPY ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/ DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/share/cmake)
  set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
  set(targets ${CURRENT_PACKAGES_DIR}/share/${PORT}/breaker-targets.cmake)
  file(READ ${targets} text)
  string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
  file(WRITE ${targets} "${text}")
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "FILE_LIST" "")
  file(INSTALL ${arg_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT} RENAME copyright)
endfunction()

include(${WORK}/recipes/vcpkg/portfile.cmake)
file(RENAME ${WORK}/packages ${WORK}/installed)  # as vcpkg does: the port must not remember where it was built
expect_all_headers(${WORK}/installed/include)
build_consumer(package -DCMAKE_PREFIX_PATH=${WORK}/installed)
