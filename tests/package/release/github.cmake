# What GitHub shows and runs: the workflow runs .ci/run and nothing else of ours, issues have their forms, and there is a page
# on security. Takes: SOURCE (our tree).
cmake_minimum_required(VERSION 3.23)

# expect(<file> <patterns…>): the file matches all of them.
function(expect file)
  if(NOT EXISTS ${SOURCE}/${file})
    message(FATAL_ERROR "there is no ${file}")
  endif()
  file(READ ${SOURCE}/${file} text)
  foreach(pattern IN LISTS ARGN)
    if(NOT text MATCHES "${pattern}")
      message(FATAL_ERROR "${file} does not have: ${pattern}")
    endif()
  endforeach()
endfunction()

expect(.github/workflows/ci.yml "\non:\n  push:\n.*\n  pull_request:\n" "\n      - run: bash \\.ci/run\n")
expect(.github/SECURITY.md "Report a vulnerability")
file(GLOB forms RELATIVE ${SOURCE} ${SOURCE}/.github/ISSUE_TEMPLATE/*.md)
if(NOT forms)
  message(FATAL_ERROR "there is no form for issues")
endif()
foreach(form IN LISTS forms)
  expect(${form} "^---\nname: [^\n]+\nabout: [^\n]+\nlabels: [^\n]+\n---\n")
endforeach()

# A version in a report is asked for by the name that the header gives it.
expect(.github/ISSUE_TEMPLATE/bug.md BREAKER_VERSION_STRING)
expect(include/breaker/base/version.hpp "define BREAKER_VERSION_STRING ")
