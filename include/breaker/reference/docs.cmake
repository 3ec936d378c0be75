# Target `docs`: the reference, as web pages in reference/html of the build folder. Debian has what it needs:
# apt-get install doxygen doxygen-awesome-css. Without the latter, the theme, pages have doxygen's own look.
find_program(BREAKER_DOXYGEN doxygen)
find_program(BREAKER_AWK awk)
find_path(BREAKER_DOXYGEN_THEME doxygen-awesome.css
  PATHS /usr/share/doxygen-awesome-css /usr/local/share/doxygen-awesome-css NO_DEFAULT_PATH)
mark_as_advanced(BREAKER_DOXYGEN BREAKER_AWK BREAKER_DOXYGEN_THEME)

if(NOT BREAKER_DOXYGEN OR NOT BREAKER_AWK)
  add_custom_target(docs
    COMMAND ${CMAKE_COMMAND} -E echo "The reference needs doxygen and awk (Debian: doxygen doxygen-awesome-css)."
    COMMAND ${CMAKE_COMMAND} -E false
    VERBATIM)
  return()
endif()

set(reference ${PROJECT_BINARY_DIR}/reference)
set(filter ${CMAKE_CURRENT_LIST_DIR}/filter.awk)
set(styles "\"${CMAKE_CURRENT_LIST_DIR}/style.css\"")
if(BREAKER_DOXYGEN_THEME)
  string(PREPEND styles "\"${BREAKER_DOXYGEN_THEME}/doxygen-awesome.css\" ")
endif()
set(pictures)
foreach(folder examples/apps/backtest examples/apps/live)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder})
    string(APPEND pictures " \"${PROJECT_SOURCE_DIR}/${folder}\"")
  endif()
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${reference}/Doxyfile @ONLY)

add_custom_target(docs
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${reference}/html
  COMMAND ${BREAKER_DOXYGEN} ${reference}/Doxyfile
  COMMAND ${CMAKE_COMMAND} -E echo "Open ${reference}/html/index.html"
  VERBATIM)
