# Every option of the build, and nothing else may begin with THRUM_.
option(THRUM_BUILD_TESTS "Build the tests and the examples" ${PROJECT_IS_TOP_LEVEL})
option(THRUM_BUILD_BENCHMARKS "Build the google-benchmark programs" OFF)
option(THRUM_BUILD_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
option(THRUM_WERROR "Treat warnings as errors" OFF)
set(THRUM_SANITIZER "" CACHE STRING "Empty, 'address' (with undefined) or 'thread'")
set(THRUM_TEST_DATA "${PROJECT_SOURCE_DIR}/../shared/data" CACHE PATH "Real data sets; tests that need them are skipped without")

set(known_options THRUM_BUILD_TESTS THRUM_BUILD_BENCHMARKS THRUM_BUILD_FUZZERS THRUM_WERROR THRUM_SANITIZER THRUM_TEST_DATA)
get_cmake_property(cache_variables CACHE_VARIABLES)
foreach(variable IN LISTS cache_variables)
  if(variable MATCHES "^THRUM_" AND NOT variable IN_LIST known_options)
    message(FATAL_ERROR "Unknown option -D${variable}; the options are: ${known_options}")
  endif()
endforeach()

add_library(thrum_flags INTERFACE)
target_compile_features(thrum_flags INTERFACE cxx_std_20)
# Contraction is written as explicit FMA in the kernels; the compiler must not add its own, or results would depend on it.
target_compile_options(thrum_flags INTERFACE
  -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  $<$<BOOL:${THRUM_WERROR}>:-Werror>
  # g++ 12 warns of overlapping copies inside its own std::string operator+ (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # Clang reports the deprecated temporary buffer that libstdc++ 12 uses inside its own std::stable_sort.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations -Wthread-safety -Werror=thread-safety>)
if(THRUM_SANITIZER STREQUAL "address")
  target_compile_options(thrum_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(thrum_flags INTERFACE -fsanitize=address,undefined)
elseif(THRUM_SANITIZER STREQUAL "thread")
  target_compile_options(thrum_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(thrum_flags INTERFACE -fsanitize=thread)
elseif(NOT THRUM_SANITIZER STREQUAL "")
  message(FATAL_ERROR "THRUM_SANITIZER is '${THRUM_SANITIZER}'; use 'address' or 'thread'")
endif()
if(THRUM_SANITIZER AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # Kernels are compiled once per instruction set, for minutes under a sanitizer: the lowest, AVX2 and AVX-512 are enough.
  target_compile_definitions(thrum_flags INTERFACE "HWY_BROKEN_TARGETS=(HWY_SSSE3|HWY_SSE4)")
endif()
if(THRUM_BUILD_FUZZERS)
  # The library must be instrumented too, or the fuzzers see no coverage of what they test.
  target_compile_options(thrum_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
