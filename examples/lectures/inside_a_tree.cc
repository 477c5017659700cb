// A tree can be divided in two ways while one node looks for its best question: a task per feature, which needs nothing
// of the others, or a task per block of rows, whose counts are added up. Counts are whole numbers, so both find the
// same. The lecture's size: lesson_inside_a_tree 2000000
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "examples/lectures/lesson.h"
#include "thrum/core/random.h"
#include "thrum/runtime/parallel.h"

namespace {

constexpr std::size_t n_features = 16;
constexpr std::size_t n_bins = 64;
constexpr std::size_t rows_of_task = 4096;

/// Values in bins, a row after the other, and a class of each row, which feature 3 decides, but for a tenth of the
/// rows.
struct Rows {
  std::vector<std::array<std::uint8_t, n_features>> bins;
  std::vector<std::uint8_t> label;
};

/// Rows per bin, and those of class 1 among them.
struct Counts {
  std::array<std::uint32_t, n_bins> rows{};
  std::array<std::uint32_t, n_bins> ones{};

  void add(std::size_t bin, std::uint32_t one) {
    ++rows[bin];
    ones[bin] += one;
  }
  Counts& operator+=(const Counts& other) {
    for (std::size_t b = 0; b < n_bins; ++b) {
      rows[b] += other.rows[b];
      ones[b] += other.ones[b];
    }
    return *this;
  }
};
using Histogram = std::array<Counts, n_features>;

/// "Is the bin of this feature above that one?", and how far it takes the shares of class 1 apart.
struct Question {
  std::size_t feature = 0;
  std::size_t bin = 0;
  double gain = -1;
  friend bool operator==(const Question&, const Question&) = default;
};

Rows make_rows(std::size_t n) {
  Rows rows{.bins = std::vector<std::array<std::uint8_t, n_features>>(n), .label = std::vector<std::uint8_t>(n)};
  const thrum::Random random(7);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n_features; ++j) {
      rows.bins[i][j] = static_cast<std::uint8_t>(random.below(i * n_features + j, n_bins));
    }
    rows.label[i] = (rows.bins[i][3] > 40) != (random.below(i, 10) == 0) ? 1 : 0;
  }
  return rows;
}

Question best_question(const Counts& counts, std::size_t feature) {
  const double n = std::accumulate(counts.rows.begin(), counts.rows.end(), 0.0);
  const double ones = std::accumulate(counts.ones.begin(), counts.ones.end(), 0.0);
  Question best{.feature = feature};
  double left = 0;
  double left_ones = 0;
  for (std::size_t b = 0; b + 1 < n_bins; ++b) {
    left += counts.rows[b];
    left_ones += counts.ones[b];
    if (left == 0 || left == n) continue;
    const double a = left_ones * n - ones * left;
    const double gain = a * a / (left * (n - left));
    if (gain > best.gain) best = {feature, b, gain};
  }
  return best;
}

Question best_of(const std::vector<Question>& questions) {
  Question best;
  for (const Question& question : questions) best = question.gain > best.gain ? question : best;
  return best;
}

/// A task per feature: each reads every row, and nobody waits for anybody.
Question by_features(thrum::Arena& arena, const Rows& rows) {
  return best_of(thrum::parallel_map(arena, n_features, [&](std::size_t feature) {
    Counts counts;
    for (std::size_t i = 0; i < rows.bins.size(); ++i) counts.add(rows.bins[i][feature], rows.label[i]);
    return best_question(counts, feature);
  }));
}

/// A task per block of rows: each reads its rows once, for all features, and the blocks' counts are added up.
Question by_rows(thrum::Arena& arena, const Rows& rows) {
  const auto count = [&](std::size_t begin, std::size_t end) {
    Histogram histogram{};
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < n_features; ++j) histogram[j].add(rows.bins[i][j], rows.label[i]);
    }
    return histogram;
  };
  const auto add = [](Histogram a, const Histogram& b) {
    for (std::size_t j = 0; j < n_features; ++j) a[j] += b[j];
    return a;
  };
  const Histogram all = thrum::parallel_reduce(arena, rows.bins.size(), rows_of_task, Histogram{}, count, add);
  std::vector<Question> questions;
  for (std::size_t j = 0; j < n_features; ++j) questions.push_back(best_question(all[j], j));
  return best_of(questions);
}

void teach(lesson::Lesson& lesson) {
  const Rows rows = make_rows(lesson.size());
  thrum::Arena one(1);
  thrum::Arena all;
  const Question alone = lesson.time("features, 1 thread", [&] { return by_features(one, rows); });
  const Question features = lesson.time("features, all threads", [&] { return by_features(all, rows); });
  lesson.time("rows, 1 thread", [&] { return by_rows(one, rows); });
  const Question blocks = lesson.time("rows, all threads", [&] { return by_rows(all, rows); });
  lesson.say("  the best question: is feature {} above bin {}?", blocks.feature, blocks.bin);
  lesson.check("both ways ask the same", features == alone && blocks == alone);
  lesson.check("it is the one that decides", blocks.feature == 3 && blocks.bin == 40);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 40'000, teach);
}
