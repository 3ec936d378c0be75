# What `git archive` makes of the tree: small, and complete for FetchContent and for installing from it.
need(git)
execute_process(COMMAND ${PROGRAM_git} -C ${SOURCE} -c user.name=- -c user.email=- stash create
  RESULT_VARIABLE code OUTPUT_VARIABLE changed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT code EQUAL 0)
  message("SKIPPED: ${SOURCE} is no git repository")
  return()
endif()
if(NOT changed)
  set(changed HEAD)
endif()
run(${PROGRAM_git} -C ${SOURCE} archive --prefix=breaker/ -o ${WORK}/breaker.tar.gz ${changed})
file(SIZE ${WORK}/breaker.tar.gz size)
if(size GREATER 400000)
  message(FATAL_ERROR "the archive has ${size} bytes")
endif()

build_consumer(fetch -DBREAKER_ARCHIVE=${WORK}/breaker.tar.gz)

file(ARCHIVE_EXTRACT INPUT ${WORK}/breaker.tar.gz DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S ${WORK}/breaker -B ${WORK}/plain -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER})
run(${CMAKE_COMMAND} --install ${WORK}/plain --prefix ${WORK}/prefix)
expect_all_headers(${WORK}/prefix/include)
