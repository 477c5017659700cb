#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <stdexcept>

#include "measurements.h"
#include "rows.h"

namespace thrum::bench {
namespace {

/// A peer's shared library. Only its C interface is used, as its documentation declares it.
class Library {
 public:
  explicit Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
  }
  template <class F>
  F* function(const char* name) const {
    void* found = dlsym(handle_, name);
    if (found == nullptr) throw std::runtime_error(dlerror());
    return reinterpret_cast<F*>(found);
  }

 private:
  void* handle_;
};

/// The probability of the second class for one row.
using AskRow = std::function<double(std::span<const double>)>;

void check(int status, const char* call) {
  if (status != 0) throw std::runtime_error(fmt::format("{} returned {}", call, status));
}

AskRow lightgbm(const Library& library, const std::string& model, std::size_t n_features) {
  using Handle = void*;
  int iterations = 0;
  Handle booster = nullptr;
  check(library.function<int(const char*, int*, Handle*)>("LGBM_BoosterCreateFromModelfile")(model.c_str(), &iterations,
                                                                                             &booster),
        "LGBM_BoosterCreateFromModelfile");
  constexpr int normal = 0;
  constexpr int float64 = 1;
  Handle fast = nullptr;
  check(library.function<int(Handle, int, int, int, int, std::int32_t, const char*, Handle*)>(
            "LGBM_BoosterPredictForMatSingleRowFastInit")(
            booster, normal, 0, -1, float64, static_cast<std::int32_t>(n_features), "num_threads=1", &fast),
        "LGBM_BoosterPredictForMatSingleRowFastInit");
  auto* ask =
      library.function<int(Handle, const void*, std::int64_t*, double*)>("LGBM_BoosterPredictForMatSingleRowFast");
  return [fast, ask](std::span<const double> row) {
    std::int64_t n = 0;
    double probability = 0;
    check(ask(fast, row.data(), &n, &probability), "LGBM_BoosterPredictForMatSingleRowFast");
    return probability;
  };
}

AskRow xgboost(const Library& library, const std::string& model) {
  using Handle = void*;
  Handle booster = nullptr;
  check(library.function<int(const Handle*, std::uint64_t, Handle*)>("XGBoosterCreate")(nullptr, 0, &booster),
        "XGBoosterCreate");
  check(library.function<int(Handle, const char*)>("XGBoosterLoadModel")(booster, model.c_str()), "XGBoosterLoadModel");
  check(library.function<int(Handle, const char*, const char*)>("XGBoosterSetParam")(booster, "nthread", "1"),
        "XGBoosterSetParam");
  auto* ask = library.function<int(Handle, const char*, const char*, Handle, const std::uint64_t**, std::uint64_t*,
                                   const float**)>("XGBoosterPredictFromDense");
  return [booster, ask](std::span<const double> row) {
    const std::string array = fmt::format(R"({{"data": [{}, true], "shape": [1, {}], "typestr": "<f8", "version": 3}})",
                                          reinterpret_cast<std::uintptr_t>(row.data()), row.size());
    const char* config = R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0,
                             "strict_shape": false, "cache_id": 0, "missing": NaN})";
    const std::uint64_t* shape = nullptr;
    std::uint64_t dimensions = 0;
    const float* result = nullptr;
    check(ask(booster, array.c_str(), config, nullptr, &shape, &dimensions, &result), "XGBoosterPredictFromDense");
    return static_cast<double>(result[0]);
  };
}

AskRow ours(const Predictor& predictor) {
  return [&predictor, outputs = std::vector<double>(predictor.n_outputs())](std::span<const double> row) mutable {
    predictor.predict({row.data(), 1, row.size()}, {outputs.data(), 1, outputs.size()});
    return outputs.back();
  };
}

struct Answers {
  double microseconds = 0;  ///< the median of the calls
  std::vector<double> probabilities;
};

Answers ask_all(const ModelAndRows& loaded, const AskRow& ask) {
  Answers answers;
  std::vector<double> times;
  for (std::size_t i = 0; i < loaded.n_rows; ++i) {
    const auto start = std::chrono::steady_clock::now();
    answers.probabilities.push_back(ask(loaded.rows().row(i)));
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  answers.microseconds = times[times.size() / 2];
  return answers;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

}  // namespace

std::string one_row(Words words) {
  const ModelAndRows loaded(words[0], words[1]);
  const Answers mine = ask_all(loaded, ours(*loaded.predictor));
  const Library library(words[2]);
  const bool is_lightgbm = words[2].find("lightgbm") != std::string::npos;
  const AskRow peer = is_lightgbm ? lightgbm(library, words[3], loaded.predictor->schema().features.size())
                                  : xgboost(library, words[3]);
  const Answers theirs = ask_all(loaded, peer);
  return fmt::format(R"({{"ours": {}, "peer": {}, "difference": {}}})", mine.microseconds, theirs.microseconds,
                     largest_difference(mine.probabilities, theirs.probabilities));
}

}  // namespace thrum::bench
