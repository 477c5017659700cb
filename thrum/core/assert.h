#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts on a fault of our own; input never triggers it. Stays on in release builds.
#define THRUM_ASSERT(condition)                                                              \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
