#include "thrum/core/foreign_options.h"

#include <algorithm>
#include <array>
#include <string>

namespace thrum {
namespace {

struct ForeignOption {
  std::string_view name;
  std::string_view remedy;
};

constexpr std::string_view threads = "threads belong to the whole program: -j N, or Execution::arena in C++";
constexpr std::string_view progress =
    "progress shows by itself on a terminal, -v says more; Execution::progress in C++";
constexpr std::string_view seed = "the seed belongs to the whole program: --seed N, or Execution::seed in C++";
constexpr std::string_view start =
    "a model to start from is given with the rows: --start MODEL, or FitSpec::start in C++";
constexpr std::string_view untouched = "leave it out: the data is never changed";
constexpr std::string_view own_choice = "leave it out: it would not change the result, and is chosen by itself";
constexpr std::string_view stopping = "use valid with stopping_rounds, of gbdt";

// Sorted by name.
constexpr std::array options = {
    ForeignOption{"bootstrap_features", "use max_features, which draws features for each split"},
    ForeignOption{"boosting_type", "use boosting"},
    ForeignOption{"copy_X", untouched},
    ForeignOption{"device", "leave it out: training is done by CPUs"},
    ForeignOption{"device_type", "leave it out: training is done by CPUs"},
    ForeignOption{"dual", "leave it out: all solvers work on the primal, and find the same optimum"},
    ForeignOption{"early_stopping_rounds", stopping},
    ForeignOption{"eta", "use learning_rate"},
    ForeignOption{"intercept_scaling",
                  "leave it out: the intercept is not penalised, so that scaling it changes nothing"},
    ForeignOption{"multi_class",
                  "leave it out: three classes or more are fitted together by softmax, scikit-learn's multinomial"},
    ForeignOption{"n_iter_no_change", stopping},
    ForeignOption{"n_jobs", threads},
    ForeignOption{"normalize", "use standardize"},
    ForeignOption{"nthread", threads},
    ForeignOption{"num_boost_round", "use n_estimators"},
    ForeignOption{"num_iterations", "use n_estimators"},
    ForeignOption{"num_threads", threads},
    ForeignOption{"precompute", own_choice},
    ForeignOption{"random_state", seed},
    ForeignOption{"selection", own_choice},
    ForeignOption{"silent", progress},
    ForeignOption{"tree_method", own_choice},
    ForeignOption{"validation_fraction", "use valid"},
    ForeignOption{"verbose", progress},
    ForeignOption{"verbosity", progress},
    ForeignOption{"warm_start", start},
};

}  // namespace

std::string_view foreign_option_remedy(std::string_view name) {
  std::string wanted(name);
  std::ranges::replace(wanted, '-', '_');
  const auto found = std::ranges::find(options, wanted, &ForeignOption::name);
  return found == options.end() ? "" : found->remedy;
}

}  // namespace thrum
