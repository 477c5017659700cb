#pragma once

#include <string>

namespace thrum::linalg {

/// The BLAS in use, for `thrum info` and `thrum doctor`.
struct BlasInfo {
  std::string path;       ///< of the shared library
  std::string core;       ///< the kernels it runs: "SkylakeX", "Haswell", …
  std::string config;     ///< its own description: version and build options
  std::string chosen_by;  ///< "cpuid", "OPENBLAS_CORETYPE" or "OpenBLAS": who decided on the core
};

/// Loads OpenBLAS on the first call of the process and tells about it.
///
/// The guard (docs/adr/0005-blas-behind-a-guard.md): kernels follow from CPUID unless the user set OPENBLAS_CORETYPE,
/// OpenBLAS starts no threads of its own, and builds that give wrong results under concurrent calls are refused. While
/// loading, the environment is changed and put back: programs that read the environment in other threads should call
/// this before they start them.
///
/// Throws io when no usable OpenBLAS is installed. Thread-safe.
const BlasInfo& blas_info();

}  // namespace thrum::linalg
