# The tests in C.
set(tests layout arguments calls threads cancel lookup leak terminal)
if(WIN32)
  list(APPEND tests system_proxy)
  message(STATUS "Not on Windows: environment_test (variables and limits of Unix), sigpipe_test (there is no such signal), "
    "fork_test (there is no fork), thread_end_test (threads of Windows cannot be cancelled), and of lookup_test the panic")
else()
  list(APPEND tests sigpipe fork thread_end)
  if(APPLE)
    message(STATUS "Not on macOS: environment_test (Apple's check of certificates ignores these variables), header.bats (it "
      "reads ELF), dead_address (it makes network namespaces), memory_scan (it reads /proc), injection (it replaces glibc's functions)")
  else()
    list(APPEND tests environment)
  endif()
endif()

# add_c_program(NAME SOURCE…)
function(add_c_program name)
  list(TRANSFORM ARGN PREPEND c/ OUTPUT_VARIABLE sources)
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${warnings} -Wshadow)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE support autoshares_reset cmocka cjson ${system})
  add_dependencies(c ${name})
endfunction()

foreach(test IN LISTS tests)
  add_c_program(${test}_test ${test}_test.c)
  if(test MATCHES "lookup|environment")
    target_link_libraries(${test}_test PRIVATE lookup)
  endif()
  set(options "")
  if(test STREQUAL fork AND runner MATCHES valgrind)
    # A forked child inherits memory that only its parent's other threads refer to, and does not touch the inherited client's locks.
    set(options --leak-check=no)
  endif()
  add_check(${test}_test c ${runner} ${options} ${programs}/${test}_test${CMAKE_EXECUTABLE_SUFFIX})
endforeach()

add_c_program(conformance conformance.c)
target_link_libraries(conformance PRIVATE lookup)
if(NOT STATIC_LIBRARY)
  add_check(conformance c ${runner} ${programs}/conformance${CMAKE_EXECUTABLE_SUFFIX} tests/cases.json)
endif()

# Builds the examples with strict warnings.
foreach(name IN ITEMS secret_question wizard)
  add_executable(example_${name} ${root}/examples/c/${name}.c)
  set_target_properties(example_${name} PROPERTIES C_STANDARD 99 OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${programs}/examples)
  target_compile_options(example_${name} PRIVATE ${warnings})
  target_link_libraries(example_${name} PRIVATE autoshares_reset)
  if(NOT WIN32)
    target_compile_options(example_${name} PRIVATE -pthread)
    target_link_options(example_${name} PRIVATE -pthread)
  endif()
  add_dependencies(c example_${name})
endforeach()

if(WIN32)
  list(JOIN runner " " run)
  add_check(examples c python3 -B tests/c/examples_check.py --console "${run} '${programs}/examples/{}.exe'")
endif()

if(plain AND NOT STATIC_LIBRARY)
  add_check(examples c python3 -B tests/c/examples_check.py "'${programs}/examples/{}'")
endif()

if(plain AND NOT STATIC_LIBRARY AND NOT APPLE)
  add_check(header c bats --tap tests/c/header.bats)
  add_check(dead_address c python3 -B tests/c/dead_address.py "'${programs}/examples/secret_question'")

  # The memory scan must find each secret in a library that does not wipe.
  set(no_wipe ${root}/target/no-wipe)
  add_custom_target(no_wipe
    COMMAND ${CMAKE_COMMAND} -E env "RUSTFLAGS=--cfg asr_no_wipe"
      cargo rustc --locked --quiet --release --lib --crate-type cdylib --target-dir ${no_wipe}
    COMMAND ${CMAKE_COMMAND} -E create_symlink libautoshares_reset.so ${no_wipe}/release/libautoshares_reset.so.0
    WORKING_DIRECTORY ${root} VERBATIM USES_TERMINAL)
  add_c_program(memory_scan memory_scan.c)
  add_check(memory_scan memory-scan python3 -B tests/c/memory_scan.py ${programs}/memory_scan clean)
  add_check(memory_scan_of_no_wipe memory-scan python3 -B tests/c/memory_scan.py ${programs}/memory_scan traces)
  set_property(TEST memory_scan_of_no_wipe PROPERTY ENVIRONMENT LD_LIBRARY_PATH=${no_wipe}/release)

  # Its functions replace the system's of the same names, as those of a preloaded library do.
  add_c_program(injection injection.c support/inject.c)
  add_check(injection injection python3 -B tests/c/injection.py ${programs}/injection ${library}.so)
endif()

if(SANITIZER)
  add_c_program(planted_bug planted_bug.c)
  add_check(planted_bugs c bats --tap tests/c/${SANITIZER}_sanitizer.bats)
  set_property(TEST planted_bugs APPEND PROPERTY ENVIRONMENT PLANTED_BUG=${programs}/planted_bug)
endif()
