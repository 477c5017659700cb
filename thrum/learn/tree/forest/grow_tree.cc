#include <algorithm>
#include <utility>

#include "thrum/learn/tree/forest/absolute_error_internal.h"
#include "thrum/learn/tree/forest/class_impurity_internal.h"
#include "thrum/learn/tree/forest/criteria_internal.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/tree_grower_internal.h"

namespace thrum::forest {
namespace {

constexpr std::uint32_t most_draws_of_key = 255;

bool fits_keys(const ForestRows& data, std::span<const SampleRow> sample) {
  return data.n_classes == 2 && data.weights.empty() &&
         std::ranges::all_of(sample, [](const SampleRow& row) { return row.count <= most_draws_of_key; });
}

}  // namespace

GrownTree grow_tree(const GrowthTable& table, const ForestRows& data, std::vector<SampleRow> sample,
                    const Growth& growth, const Execution& execution) {
  const auto by = [&]<class Criterion>(std::type_identity<Criterion>) {
    const auto maps = table.ranks.maps();
    if (table.numbers == nullptr) {
      using Grower = TreeGrower<Criterion, Thresholds::best>;
      return Grower(table.ranks.ranks(), maps, data, std::move(sample), growth, execution).grow();
    }
    using Grower = TreeGrower<Criterion, Thresholds::drawn>;
    return Grower(table.numbers->keys(), maps, data, std::move(sample), growth, execution).grow();
  };
  switch (growth.impurity) {
    case Impurity::gini:
      if (fits_keys(data, sample)) return by(std::type_identity<GiniOfTwo>());
      if (data.n_classes == 2) return by(std::type_identity<SquaredError>());
      return by(std::type_identity<ClassImpurity<GiniTerm>>());
    case Impurity::entropy:
      return by(std::type_identity<ClassImpurity<EntropyTerm>>());
    case Impurity::absolute_error:
      return by(std::type_identity<AbsoluteError>());
    case Impurity::poisson:
      return by(std::type_identity<PoissonDeviance>());
    default:
      return by(std::type_identity<SquaredError>());
  }
}

}  // namespace thrum::forest
