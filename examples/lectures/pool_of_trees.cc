// A pool trains a forest: tasks that do not know of each other, each with its seed, over one set of data in shared
// memory. A stump, a tree with one question, stands for the tree.
// The lecture's size: lesson_pool_of_trees 100000
#include <algorithm>
#include <ranges>

#include "examples/lectures/lesson.h"
#include "thrum/core/random.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace {

constexpr std::uint64_t n_trees = 32;

struct Row {
  double x = 0;
  double y = 0;  ///< 1 where x > 0.6, but for a tenth of the rows
};
using Rows = thrum::SharedArray<Row>;

/// "Is x above the threshold?"
struct Stump {
  double threshold = 0;
  friend bool operator==(const Stump&, const Stump&) = default;
};

Rows make_rows(std::size_t n) {
  const Rows rows(n);
  const thrum::Random random(0);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = random.uniform(2 * i);
    const bool is_wrong = random.uniform(2 * i + 1) < 0.1;
    rows.mutable_span()[i] = {x, (x > 0.6) != is_wrong ? 1.0 : 0.0};
  }
  rows.seal();
  return rows;
}

/// The threshold with the fewest errors on rows drawn with replacement. Random numbers follow from the seed alone.
Stump train(const Rows& rows, std::uint64_t seed) {
  const thrum::Random random(1, seed);
  std::vector<Row> sample(rows.size());
  for (std::size_t i = 0; i < sample.size(); ++i) sample[i] = rows[random.below(i, rows.size())];
  std::ranges::sort(sample, {}, &Row::x);
  double errors = 0;  // when all are said to be above
  for (const Row& row : sample) errors += 1 - row.y;
  Stump best;
  double fewest = errors;
  for (const Row& row : sample) {
    errors += 2 * row.y - 1;
    if (errors >= fewest) continue;
    fewest = errors;
    best.threshold = row.x;
  }
  return best;
}

std::vector<Stump> train_forest(const Rows& rows, int workers) {
  thrum::ProcessPool pool({.workers = workers});
  std::vector<std::pair<Rows, std::uint64_t>> tasks;
  for (std::uint64_t seed = 0; seed < n_trees; ++seed) tasks.emplace_back(rows, seed);
  return pool.starmap(train, tasks);
}

void teach(lesson::Lesson& lesson) {
  const Rows rows = make_rows(lesson.size());
  std::vector<Stump> alone;
  lesson.time("serial", [&] {
    for (std::uint64_t seed = 0; seed < n_trees; ++seed) alone.push_back(train(rows, seed));
  });
  const auto one = lesson.time("1 worker", [&] { return train_forest(rows, 1); });
  const auto all = lesson.time("a worker per core", [&] { return train_forest(rows, thrum::available_cpus()); });
  lesson.check("the forest is the same, whoever trained it", one == alone && all == alone);

  double mean = 0;
  for (const Stump& stump : all) mean += stump.threshold / static_cast<double>(n_trees);
  lesson.say("  the {} trees ask on the average: is x above {:.4f}?", n_trees, mean);
  lesson.check("they have learned it", mean > 0.58 && mean < 0.62);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 5'000, teach);
}
