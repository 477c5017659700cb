#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// How well scores put the rows of a query in the order of their labels (Järvelin and Kekäläinen 2002). A label l, a
/// whole number from 0 to 31, is worth 2^l - 1, at place i (from 0 on) divided by log2(i + 2). Of rows with equal
/// scores the first one comes first. Equal to LightGBM's. Thread-safe.
namespace thrum::metrics {

double gain(double label) noexcept;
double discount(std::size_t place) noexcept;

/// The gains of the first `k` rows where they are in the best order.
double ideal_dcg(std::span<const double> labels, std::size_t k);

/// Of one query: the gains of the first `k` rows by falling score, as a share of ideal_dcg; 1 where that is 0.
/// REQUIRES: equal lengths, k > 0.
double ndcg(std::span<const double> labels, std::span<const double> scores, std::size_t k);

/// The mean over queries; those of row i is queries[i]. Throws invalid_argument for no rows, unequal lengths, labels
/// that are no whole numbers from 0 to 31, scores that are not finite.
double mean_ndcg(std::span<const double> labels, std::span<const double> scores, std::span<const std::uint32_t> queries,
                 std::size_t k);

}  // namespace thrum::metrics
