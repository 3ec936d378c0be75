# Hold the public names, as doxygen finds them in the headers, against the list. A name that is gone breaks programs; a
# new one is a line more. Takes: DOXYGEN, AWK, DOXYFILE, WORK (a folder), NAMES (the list, sorted).
cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE ${WORK}/xml)
file(WRITE ${WORK}/Doxyfile "@INCLUDE = \"${DOXYFILE}\"\nOUTPUT_DIRECTORY = \"${WORK}\"\n"
  "GENERATE_HTML = NO\nGENERATE_XML = YES\nXML_PROGRAMLISTING = NO\nWARNINGS = NO\nWARN_IF_UNDOCUMENTED = NO\n")
execute_process(COMMAND ${DOXYGEN} ${WORK}/Doxyfile RESULT_VARIABLE code ERROR_VARIABLE said)
file(GLOB pages ${WORK}/xml/*.xml)
execute_process(COMMAND ${AWK} -f ${CMAKE_CURRENT_LIST_DIR}/names.awk ${pages}
  OUTPUT_VARIABLE found RESULTS_VARIABLE awk_code)
if(code OR awk_code)
  message(FATAL_ERROR "doxygen ended with ${code}, awk with ${awk_code}: ${said}")
endif()

string(REGEX REPLACE "\n$" "" found "${found}")
string(REPLACE "\n" ";" found "${found}")
list(SORT found)
list(REMOVE_DUPLICATES found)
file(STRINGS ${NAMES} listed)

set(gone ${listed})
list(REMOVE_ITEM gone ${found})
set(new ${found})
list(REMOVE_ITEM new ${listed})
list(TRANSFORM gone PREPEND "- ")
list(TRANSFORM new PREPEND "+ ")
list(JOIN gone "\n" gone)
list(JOIN new "\n" new)
if(gone)
  message("${gone}\nThese names are gone: CHANGELOG says what to write instead, and names.txt loses them.")
endif()
if(new)
  message("${new}\nThese names are new: each is a line of names.txt.")
endif()
if(gone OR new)
  message(FATAL_ERROR "${NAMES} and the headers differ")
endif()

set(sorted ${listed})
list(SORT sorted)
if(NOT sorted STREQUAL listed)
  message(FATAL_ERROR "${NAMES} is not sorted: LC_ALL=C sort")
endif()
