# What many files include, parsed once, under a sanitizer. In the other presets each file is compiled alone, which shows
# whether it includes what it uses.
set(common_headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <filesystem> <fstream> <functional> <limits> <map>
  <memory> <numeric> <optional> <span> <sstream> <stop_token> <string> <string_view> <thread> <utility> <variant> <vector>)

# What all files of tests are compiled with. A test waits for its compiler longer than for its own loops, most of all under
# a sanitizer.
function(thrum_set_test_flags name)
  target_link_libraries(${name} PRIVATE thrum_flags GTest::gmock)
  target_compile_options(${name} PRIVATE $<IF:$<BOOL:${THRUM_SANITIZER}>,-O0,-O1>)
  target_compile_definitions(${name} PRIVATE
    THRUM_TEST_DATA="${THRUM_TEST_DATA}" THRUM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()

# ccache keeps no object that was compiled with such headers.
if(THRUM_SANITIZER AND THRUM_BUILD_TESTS AND NOT CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  add_library(thrum_test_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled_headers.cc)
  thrum_set_test_flags(thrum_test_headers)
  target_precompile_headers(thrum_test_headers PRIVATE ${common_headers} <gmock/gmock.h> <gtest/gtest.h>)
  add_library(thrum_layer_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled_headers.cc)
  target_link_libraries(thrum_layer_headers PRIVATE thrum_flags fmt::fmt)
  set_target_properties(thrum_layer_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_precompile_headers(thrum_layer_headers PRIVATE ${common_headers} <fmt/format.h>)
endif()

# thrum_precompile_headers(NAME FROM): the target NAME takes the headers that FROM precompiles, where there are any.
function(thrum_precompile_headers name from)
  if(TARGET ${from})
    target_precompile_headers(${name} REUSE_FROM ${from})
  endif()
endfunction()
