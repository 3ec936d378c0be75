# Run in the tests over stubs of vcpkg's functions; not run by vcpkg itself.
set(VCPKG_BUILD_TYPE release)  # headers are the same in every build type

vcpkg_download_distfile(ARCHIVE
  URLS "@URL@"
  FILENAME "breaker-@VERSION@.tar.gz"
  SHA512 @SHA512@)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${ARCHIVE}")

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}")
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/breaker)
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
