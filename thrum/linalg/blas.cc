#include "thrum/linalg/blas.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/linalg/blas_internal.h"

namespace thrum::linalg {
namespace {

/// An environment variable with another value while this lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

/// Why a candidate is not used.
[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::io, reason);
}

std::string loader_message() {
  const char* message = ::dlerror();
  return message != nullptr ? message : "unknown fault of the loader";
}

/// OpenBLAS reads both variables when it is loaded, and only then.
Library open_library(const std::string& path, const std::string& core) {
  const ScopedVariable threads("OPENBLAS_NUM_THREADS", "1");
  std::optional<ScopedVariable> kernels;
  if (!core.empty()) kernels.emplace("OPENBLAS_CORETYPE", core);
  Library library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library) refuse(loader_message());
  return library;
}

template <class Function>
void find_symbol(const Library& library, const std::string& name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library.get(), name.c_str()));
  if (function == nullptr) refuse("it has no function " + name);
}

template <class T>
BlasFunctions<T> find_functions(const Library& library, char letter) {
  const std::string prefix = std::string("cblas_") + letter;
  BlasFunctions<T> functions;
  find_symbol(library, prefix + "gemm", functions.gemm);
  find_symbol(library, prefix + "gemv", functions.gemv);
  find_symbol(library, prefix + "syrk", functions.syrk);
  find_symbol(library, prefix + "trsm", functions.trsm);
  const std::string lapack(1, letter);
  find_symbol(library, lapack + "potrf_", functions.potrf);
  find_symbol(library, lapack + "gelqf_", functions.gelqf);
  find_symbol(library, lapack + "orglq_", functions.orglq);
  find_symbol(library, lapack + "gesdd_", functions.gesdd);
  find_symbol(library, lapack + "syevd_", functions.syevd);
  return functions;
}

/// Serial builds share buffers between threads without a lock; OpenMP builds start teams of threads.
void require_pthread_build(const Library& library) {
  int (*get_parallel)() = nullptr;
  find_symbol(library, "openblas_get_parallel", get_parallel);
  constexpr int serial = 0, pthread = 1;
  const int build = get_parallel();
  if (build == serial) refuse("it is a serial build, which gives wrong results when threads call it at once");
  if (build != pthread) refuse("it is an OpenMP build, which starts threads of its own");
}

/// Integers of 64 bits in the interface would be read past the arguments passed here.
void require_32_bit_integers(const std::string& config) {
  if (config.find("USE64BITINT") != std::string::npos) refuse("its integers have 64 bits");
}

std::string path_of(const Library& library, const std::string& fallback) {
  link_map* map = nullptr;
  if (::dlinfo(library.get(), RTLD_DI_LINKMAP, static_cast<void*>(&map)) != 0 || map == nullptr) return fallback;
  return map->l_name;
}

std::string text_from(const Library& library, const char* function) {
  char* (*get)() = nullptr;
  find_symbol(library, function, get);
  return get();
}

Blas load_candidate(const std::string& path) {
  const bool chosen_by_user = std::getenv("OPENBLAS_CORETYPE") != nullptr;
  const std::string core = chosen_by_user ? "" : openblas_core(cpu_features());
  Library library = open_library(path, core);
  require_pthread_build(library);
  Blas loaded;
  loaded.f32 = find_functions<float>(library, 's');
  loaded.f64 = find_functions<double>(library, 'd');
  loaded.info.config = text_from(library, "openblas_get_config");
  require_32_bit_integers(loaded.info.config);
  loaded.info.core = text_from(library, "openblas_get_corename");
  loaded.info.path = path_of(library, path);
  loaded.info.chosen_by = chosen_by_user ? "OPENBLAS_CORETYPE" : core.empty() ? "OpenBLAS" : "cpuid";

  // It may have been in the process already, with threads.
  void (*set_num_threads)(int) = nullptr;
  find_symbol(library, "openblas_set_num_threads", set_num_threads);
  set_num_threads(1);
  static_cast<void>(library.release());  // for as long as the process lives
  return loaded;
}

/// Debian's alternatives may point the plain name at another build: the pthread build's own folder comes first.
std::vector<std::string> installed_candidates() {
  return {"/usr/lib/" THRUM_MULTIARCH "/openblas-pthread/libopenblas.so.0", "libopenblasp.so.0", "libopenblas.so.0"};
}

}  // namespace

Blas load_blas(std::span<const std::string> candidates) {
  std::string refusals;
  for (const std::string& path : candidates) {
    try {
      return load_candidate(path);
    } catch (const Error& error) {
      refusals += fmt::format("{}{} ({})", refusals.empty() ? " " : ", ", path, error.what());
    }
  }
  throw Error(ErrorCode::io, "[blas] no usable OpenBLAS is installed; tried" + refusals,
              "apt-get install libopenblas0-pthread");
}

const Blas& blas() {
  static const Blas loaded = load_blas(installed_candidates());
  return loaded;
}

void require_blas_buffers(const Arena& arena) {
  constexpr std::size_t buffer_size = std::size_t{128} << 20;
  static std::atomic<int> covered = 0;  // OpenBLAS keeps the buffers that it has
  const int wanted = arena.slots(), before = covered.load(std::memory_order_relaxed);
  if (wanted <= before) return;
  const std::size_t size = static_cast<std::size_t>(wanted - before) * buffer_size;
  void* const room = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    throw Error(ErrorCode::out_of_memory,
                fmt::format("[blas] no address space for the buffers of {} threads, {} MiB", wanted, size >> 20),
                "use fewer threads, or raise ulimit -v");
  }
  ::munmap(room, size);
  covered.store(wanted, std::memory_order_relaxed);
}

const BlasInfo& blas_info() {
  return blas().info;
}

}  // namespace thrum::linalg
