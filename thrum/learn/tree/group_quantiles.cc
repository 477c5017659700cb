#include "thrum/learn/tree/group_quantiles_internal.h"

#include <algorithm>
#include <utility>

namespace thrum {
namespace {

/// As MPI has it, contiguous doubles: value, weight, group.
std::vector<QuantileTerm> of_all_ranks(std::vector<QuantileTerm> mine, Communicator& communicator) {
  if (communicator.size() == 1) return mine;
  std::vector<double> flat;
  for (const QuantileTerm& term : mine) {
    flat.insert(flat.end(), {term.value, term.weight, static_cast<double>(term.group)});
  }
  std::vector<QuantileTerm> all;
  for (const auto& part : communicator.allgatherv(std::span<const double>(flat))) {
    for (std::size_t i = 0; i < part.size(); i += 3) {
      all.push_back({part[i], part[i + 1], static_cast<std::uint16_t>(part[i + 2])});
    }
  }
  return all;
}

double quantile(std::span<QuantileTerm> terms, double level) {
  // Equal values too have an order of their own, in which their weights are added.
  std::ranges::sort(terms, {}, [](const QuantileTerm& term) { return std::pair(term.value, term.weight); });
  double total = 0;
  for (const QuantileTerm& term : terms) total += term.weight;
  double reached = 0;
  for (const QuantileTerm& term : terms) {
    reached += term.weight;
    if (reached >= level * total && term.weight > 0) return term.value;
  }
  return terms.empty() ? 0 : terms.back().value;
}

}  // namespace

std::vector<double> group_quantiles(std::vector<QuantileTerm> terms, std::size_t n_groups, double level,
                                    const Execution& execution) {
  terms = of_all_ranks(std::move(terms), *execution.communicator);
  std::vector<std::size_t> first(n_groups + 1);
  for (const QuantileTerm& term : terms) ++first[term.group + 1u];
  for (std::size_t g = 0; g < n_groups; ++g) first[g + 1] += first[g];
  std::vector<QuantileTerm> grouped(terms.size());
  std::vector<std::size_t> next(first.begin(), first.end() - 1);
  for (const QuantileTerm& term : terms) grouped[next[term.group]++] = term;
  std::vector<double> values(n_groups);
  execution.arena->run(n_groups, [&](std::size_t g) {
    values[g] = quantile(std::span(grouped).subspan(first[g], first[g + 1] - first[g]), level);
  });
  return values;
}

}  // namespace thrum
