# extract_example(<header> <file>): write the code in the header's opening comment, which is indented by
# three spaces there, to a file that a test includes. Errors of the compiler point into the header.
function(extract_example header file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  file(READ ${header} text)
  string(FIND "${text}" "#pragma once" end)
  string(SUBSTRING "${text}" 0 ${end} text)
  string(REGEX REPLACE "(^|\n)//( ?[^ \n][^\n]*)?" "\\1" text "${text}")  # words; their line stays
  string(REGEX REPLACE "\n//   " "\n" code "${text}")
  if(NOT code MATCHES "circuit")
    message(FATAL_ERROR "${header}: its comment has no example")
  endif()
  file(CONFIGURE OUTPUT ${file} CONTENT "#line 1 \"${header}\"\n@code@" @ONLY)
endfunction()
