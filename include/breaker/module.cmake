# breaker_add_module(<folder> <problem>): makes the target breaker::module of <folder>/breaker/breaker.cppm. Sets the
# variable <problem>: empty, or why there is no such target. find_package(breaker 0.2 COMPONENTS module) and, in a
# source tree, BREAKER_MODULE ask for it. The module is built in the project that asks, with that project's flags.
function(breaker_add_module folder problem)
  set(${problem} "" PARENT_SCOPE)
  if(TARGET breaker::module)
    return()
  elseif(CMAKE_VERSION VERSION_LESS 3.28)
    set(${problem} "breaker::module needs CMake 3.28; this is ${CMAKE_VERSION}" PARENT_SCOPE)
    return()
  endif()
  add_library(breaker_module STATIC)
  add_library(breaker::module ALIAS breaker_module)
  target_sources(breaker_module PUBLIC
    FILE_SET CXX_MODULES BASE_DIRS ${folder} FILES ${folder}/breaker/breaker.cppm)
  target_link_libraries(breaker_module PUBLIC breaker::breaker)
endfunction()
