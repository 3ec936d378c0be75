# Make the reference as the target `docs` does. Whatever doxygen says is an error: a name without a comment, a link that
# leads nowhere, a comment that it can't read. Takes: DOXYGEN, AWK, DOXYFILE, WORK (a folder), INCLUDE (the headers), NAMES
# (the list of public names).
cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE ${WORK}/html ${WORK}/xml)
file(WRITE ${WORK}/Doxyfile "@INCLUDE = \"${DOXYFILE}\"\nOUTPUT_DIRECTORY = \"${WORK}\"\n"
  "GENERATE_XML = YES\nXML_PROGRAMLISTING = NO\n")
execute_process(COMMAND ${DOXYGEN} ${WORK}/Doxyfile RESULT_VARIABLE code ERROR_VARIABLE said)
if(code OR said)
  message(FATAL_ERROR "doxygen ended with ${code}, and says:\n${said}")
endif()

# ---- a name that is no link

file(GLOB_RECURSE headers ${INCLUDE}/*.hpp)
execute_process(COMMAND ${AWK} -f ${CMAKE_CURRENT_LIST_DIR}/references.awk ${NAMES} ${headers}
  OUTPUT_VARIABLE said RESULT_VARIABLE code)
if(code)
  message(SEND_ERROR "${said}")
endif()

# ---- the pages are there

# expect_page(<page> <texts…>): the page has these texts.
function(expect_page page)
  if(NOT EXISTS ${WORK}/html/${page}.html)
    message(SEND_ERROR "there is no page ${page}.html")
    return()
  endif()
  file(READ ${WORK}/html/${page}.html html)
  foreach(text IN LISTS ARGN)
    string(FIND "${html}" "${text}" place)
    if(place EQUAL -1)
      message(SEND_ERROR "${page}.html has no \"${text}\"")
    endif()
  endforeach()
endfunction()
expect_page(index "A header-only circuit breaker" "First program" "searchBox" "width=device-width")
expect_page(guide "guide-glossary")
expect_page(inside "inside-one-word")
expect_page(faq "faq-it-never-opens")
expect_page(migration "migration-hystrix")
expect_page(classbreaker_1_1CircuitBreaker "breaker::CircuitBreaker&lt;" "try_acquire" "part_count")
# Each type says what to include: of an inner header, the flat one.
expect_page(classbreaker_1_1Registry "#include &lt;breaker/registry.hpp&gt;")
expect_page(classbreaker_1_1Counters "#include &lt;breaker/counters.hpp&gt;")
expect_page(structbreaker_1_1Forecast "#include &lt;breaker/text/forecast.hpp&gt;")
expect_page(structbreaker_1_1Judgement "#include &lt;breaker/breaker.hpp&gt;")
expect_page(classbreaker_1_1ManualClock "#include &lt;breaker/testing/manual_clock.hpp&gt;")
expect_page(namespacebreaker "any_of" "describe" "within" "never_probe" "TripPolicy" "RejectionReason")
expect_page(namespacebreaker_1_1literals "operator&quot;&quot;_percent()")

# Of a concept without a comment there is no page, and no warning.
file(GLOB concepts ${WORK}/xml/concept*.xml)
foreach(concept IN LISTS concepts)
  cmake_path(GET concept STEM page)
  expect_page(${page} "Detailed Description")
endforeach()

file(GLOB inner RELATIVE ${WORK}/html ${WORK}/html/*detail*.html ${WORK}/html/*v0__*.html)
if(inner)
  message(SEND_ERROR "pages of what is not public: ${inner}")
endif()
