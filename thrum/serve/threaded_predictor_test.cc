#include "thrum/serve/threaded_predictor_internal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum::serving {
namespace {

/// Waits in each call until two are under way.
class MeetingPredictor : public FakePredictor {
 public:
  using FakePredictor::FakePredictor;

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    ++n_calls_;
    if (!becomes_true([this] { return n_calls_ >= 2; })) std::abort();
    FakePredictor::predict(rows, outputs);
  }

 private:
  mutable std::atomic<int> n_calls_ = 0;
};

TEST(ThreadedPredictor, PredictsRowsAtOnceAndTheSame) {
  const FakePredictor alone(people_schema(Task::classification));
  const auto threaded = with_threads(std::make_unique<MeetingPredictor>(people_schema(Task::classification)), 2);
  constexpr std::size_t n_rows = 64 * 2 + 1;
  std::vector<double> rows(n_rows * 3);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i % 64);
  std::vector<double> expected(n_rows * 2), got(n_rows * 2);
  alone.predict({rows.data(), n_rows, 3}, {expected.data(), n_rows, 2});
  threaded->predict({rows.data(), n_rows, 3}, {got.data(), n_rows, 2});
  EXPECT_EQ(got, expected);
}

TEST(ThreadedPredictor, ExplainsAndGivesExamplesAsThePredictor) {
  const FakePredictor alone(people_schema(Task::classification));
  const auto threaded = with_threads(std::make_unique<FakePredictor>(people_schema(Task::classification)), 2);
  EXPECT_EQ(threaded->n_margins(), alone.n_margins());
  EXPECT_EQ(threaded->typical_value(0), alone.typical_value(0));
  constexpr std::size_t n_rows = 64 + 1;
  std::vector<double> rows(n_rows * 3, 2), expected(n_rows * 4), got(n_rows * 4);
  alone.explain({rows.data(), n_rows, 3}, {expected.data(), n_rows, 4});
  threaded->explain({rows.data(), n_rows, 3}, {got.data(), n_rows, 4});
  EXPECT_EQ(got, expected);
}

TEST(ThreadedPredictor, OfOneThreadIsThePredictorItself) {
  auto predictor = std::make_unique<FakePredictor>(people_schema(Task::classification));
  const Predictor* before = predictor.get();
  EXPECT_EQ(with_threads(std::move(predictor), 1).get(), before);
}

}  // namespace
}  // namespace thrum::serving
