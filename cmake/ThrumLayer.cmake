# thrum_add_layer(NAME SOURCES ... HEADERS ... DEPENDS layer... [LIBRARIES target...] [TESTS ...] [LABEL label]
#                 [TEST_LIBRARIES target...])
#
# One folder of the house: the library thrum::NAME, its public headers (each must compile alone), and the test program
# thrum_NAME_test, whose cases CTest calls "NAME.Suite.Case". LIBRARIES are third-party targets used in sources only.
include(GNUInstallDirs)
include(ThrumPrecompiledHeaders)

# A program that links the installed archives must find their libraries again, but not those that are headers only.
set(THRUM_HEADER_ONLY_LIBRARIES nlohmann_json::nlohmann_json tomlplusplus::tomlplusplus CLI11::CLI11)

function(thrum_add_layer name)
  cmake_parse_arguments(LAYER "" "LABEL" "SOURCES;HEADERS;DEPENDS;LIBRARIES;TESTS;TEST_LIBRARIES" ${ARGN})
  if(LAYER_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "thrum_add_layer(${name}): unknown arguments ${LAYER_UNPARSED_ARGUMENTS}")
  endif()
  set(target thrum_${name})
  list(TRANSFORM LAYER_DEPENDS PREPEND thrum::)
  if(LAYER_SOURCES)
    add_library(${target} STATIC ${LAYER_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:thrum_flags>)
    thrum_precompile_headers(${target} thrum_layer_headers)
    foreach(library IN LISTS LAYER_LIBRARIES)
      if(library IN_LIST THRUM_HEADER_ONLY_LIBRARIES)
        set(library $<BUILD_INTERFACE:${library}>)
      endif()
      target_link_libraries(${target} PRIVATE ${library})
    endforeach()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(thrum::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${LAYER_HEADERS})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${LAYER_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY THRUM_LAYERS ${target})

  if(THRUM_BUILD_TESTS AND LAYER_TESTS)
    thrum_add_test(${target}_test SOURCES ${LAYER_TESTS} LABEL ${LAYER_LABEL}
      LIBRARIES thrum::${name} ${LAYER_TEST_LIBRARIES})
  endif()
endfunction()

if(THRUM_BUILD_TESTS)
  add_custom_target(thrum_parallel_tests)
endif()

# thrum_add_test(NAME SOURCES ... LIBRARIES ... [LABEL label] [PREFIX text]): one GoogleTest program, every case known to
# CTest as "PREFIX.Suite.Case" (by default NAME without thrum_ and _test). The label "unit" is the default; CTest cannot
# discover with several. Those of the layers in which threads meet belong to the target thrum_parallel_tests.
# A test finds real data through THRUM_TEST_DATA and files of the tree through THRUM_SOURCE_DIR.
#
# Under a sanitizer CTest knows "PREFIX.shard1" to "PREFIX.shard8" instead, each an eighth of the cases in one process: a
# process starts ten times slower there, and with threads left it waits a second at its end.
function(thrum_add_test name)
  cmake_parse_arguments(TEST "" "LABEL;PREFIX" "SOURCES;LIBRARIES" ${ARGN})
  if(TEST_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "thrum_add_test(${name}): unknown arguments ${TEST_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  if(NOT TEST_PREFIX)
    string(REGEX REPLACE "^thrum_|_test$" "" TEST_PREFIX ${name})
  endif()
  add_executable(${name} ${TEST_SOURCES})
  thrum_set_test_flags(${name})
  target_link_libraries(${name} PRIVATE ${TEST_LIBRARIES} GTest::gtest_main)
  thrum_precompile_headers(${name} thrum_test_headers)
  if(THRUM_SANITIZER)
    foreach(index RANGE 7)
      math(EXPR shard "${index} + 1")
      add_test(NAME ${TEST_PREFIX}.shard${shard} COMMAND ${name})
      set_tests_properties(${TEST_PREFIX}.shard${shard} PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 600
        ENVIRONMENT "GTEST_TOTAL_SHARDS=8;GTEST_SHARD_INDEX=${index}")
    endforeach()
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES TEST_PREFIX ${TEST_PREFIX}.
      PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 300)
  endif()
  if(name MATCHES "^thrum_(runtime|cache|comm|learn|serve)_")
    add_dependencies(thrum_parallel_tests ${name})
  endif()
endfunction()

# thrum_add_benchmark(NAME SOURCES ... LIBRARIES ...): one google-benchmark program.
function(thrum_add_benchmark name)
  cmake_parse_arguments(BENCH "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(THRUM_BUILD_BENCHMARKS)
    add_executable(${name} ${BENCH_SOURCES})
    target_link_libraries(${name} PRIVATE thrum_flags ${BENCH_LIBRARIES} benchmark::benchmark_main)
  endif()
endfunction()

if(THRUM_BUILD_FUZZERS)
  add_custom_target(thrum_fuzzers)
endif()

# thrum_add_fuzzer(NAME SOURCES ... LIBRARIES ...): one libFuzzer program, of the target thrum_fuzzers, whose seeds are
# in tests/fuzz/NAME.
function(thrum_add_fuzzer name)
  cmake_parse_arguments(FUZZ "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(THRUM_BUILD_FUZZERS)
    add_executable(${name} ${FUZZ_SOURCES})
    target_link_libraries(${name} PRIVATE thrum_flags ${FUZZ_LIBRARIES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(thrum_fuzzers ${name})
  endif()
endfunction()
