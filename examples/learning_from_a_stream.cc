// A linear classifier that learns from rows as they come, a part at a time, without ever holding all of them.
#include <cstdio>
#include <vector>

#include "thrum/thrum.h"

using namespace thrum;

namespace {

constexpr std::size_t n_columns = 1000;

struct Part {
  linalg::CsrMatrix X;
  std::vector<double> y;
};

/// A thousand rows of five words each, of a thousand words: spam (1) where there are more of the even ones.
Part receive(int number) {
  const Random random(1, static_cast<std::uint64_t>(number));
  linalg::CsrMatrix::Parts rows{.n_cols = n_columns};
  std::vector<double> y;
  for (std::size_t i = 0; i < 1000; ++i) {
    int n_even = 0;
    for (std::uint32_t k = 0; k < 5; ++k) {
      const auto word = static_cast<std::uint32_t>(200 * k + random.below(5 * i + k, 200));
      rows.column_indices.push_back(word);
      rows.values.push_back(1);
      n_even += word % 2 == 0 ? 1 : 0;
    }
    rows.row_offsets.push_back(rows.values.size());
    y.push_back(n_even > 2 ? 1 : 0);
  }
  return {linalg::CsrMatrix(std::move(rows)), std::move(y)};
}

}  // namespace

int main() {
  const LocalExecution local;
  Sgd sgd({.alpha = 1e-5}, n_columns, 2, 7);
  std::vector<double> objectives;
  for (int number = 0; number < 20; ++number) {
    const Part part = receive(number);
    sgd.partial_fit(SparseRows{part.X, part.y}, local);
    objectives.push_back(sgd.objective());
  }
  const std::vector<double> w = sgd.coefficients();
  std::printf("an even word: %s, an odd word: %s\n", w[10] > 0 ? "spam" : "no spam", w[11] > 0 ? "spam" : "no spam");
  const bool fell = objectives.back() < 0.5 * objectives.front();
  std::printf("from the first part to the last the objective fell by half: %s\n", fell ? "yes" : "no");
}
