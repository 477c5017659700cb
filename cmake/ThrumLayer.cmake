# thrum_add_layer(NAME SOURCES ... HEADERS ... DEPENDS layer... [LIBRARIES target...] [TESTS ...] [LABELS label...]
#                 [TEST_LIBRARIES target...])
#
# One folder of the house: the library thrum::NAME, its public headers (each must compile alone), and the test program
# thrum_NAME_test. LIBRARIES are third-party targets used in sources only.
include(GNUInstallDirs)

function(thrum_add_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;HEADERS;DEPENDS;LIBRARIES;TESTS;LABELS;TEST_LIBRARIES" ${ARGN})
  if(LAYER_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "thrum_add_layer(${name}): unknown arguments ${LAYER_UNPARSED_ARGUMENTS}")
  endif()
  set(target thrum_${name})
  list(TRANSFORM LAYER_DEPENDS PREPEND thrum::)
  if(LAYER_SOURCES)
    add_library(${target} STATIC ${LAYER_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:thrum_flags> ${LAYER_LIBRARIES})
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
    thrum_add_test(${target}_test SOURCES ${LAYER_TESTS} LABELS ${LAYER_LABELS}
      LIBRARIES thrum::${name} ${LAYER_TEST_LIBRARIES})
  endif()
endfunction()

# thrum_add_test(NAME SOURCES ... LIBRARIES ... [LABELS ...]): one GoogleTest program, every case known to CTest.
# The label "unit" is the default. A test finds real data through THRUM_TEST_DATA and files of the tree through THRUM_SOURCE_DIR.
function(thrum_add_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE thrum_flags ${TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    THRUM_TEST_DATA="${PROJECT_SOURCE_DIR}/../shared/data" THRUM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 300)
endfunction()

# thrum_add_benchmark(NAME SOURCES ... LIBRARIES ...): one google-benchmark program.
function(thrum_add_benchmark name)
  cmake_parse_arguments(BENCH "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(THRUM_BUILD_BENCHMARKS)
    add_executable(${name} ${BENCH_SOURCES})
    target_link_libraries(${name} PRIVATE thrum_flags ${BENCH_LIBRARIES} benchmark::benchmark_main)
  endif()
endfunction()

# thrum_add_fuzzer(NAME SOURCES ... LIBRARIES ...): one libFuzzer program.
function(thrum_add_fuzzer name)
  cmake_parse_arguments(FUZZ "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(THRUM_BUILD_FUZZERS)
    add_executable(${name} ${FUZZ_SOURCES})
    target_link_libraries(${name} PRIVATE thrum_flags ${FUZZ_LIBRARIES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
