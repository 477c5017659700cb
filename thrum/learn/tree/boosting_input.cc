#include <span>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/tree/boosting_input_internal.h"

namespace thrum {
namespace {

template <class T>
MatrixView<T> columns(MatrixView<T> matrix, std::size_t begin, std::size_t end) {
  return {matrix.data() + begin, matrix.rows(), end - begin, matrix.stride()};
}

}  // namespace

ObjectiveRows BoostingInput::rows(MatrixView<const double> margins, std::size_t begin, std::size_t end) const {
  const std::span<const double> all = weights.values;
  return {.y = dataset.y().subspan(begin, end - begin),
          .weights = all.empty() ? all : all.subspan(begin, end - begin),
          .margins = columns(margins, begin, end)};
}

void BoostingInput::differentiate(MatrixView<const double> margins, MatrixView<float> g, MatrixView<float> h) const {
  parallel_for(
      *execution.arena, margins.cols(), row_block,
      [&](std::size_t begin, std::size_t end) {
        objective.gradients(rows(margins, begin, end), columns(g, begin, end), columns(h, begin, end));
      },
      execution.stop);
}

double BoostingInput::mean_loss(MatrixView<const double> margins) const {
  const std::vector<double> sums =
      sum_row_blocks(execution, margins.cols(), 2, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        const ObjectiveRows block = rows(margins, begin, end);
        partial[0] = objective.loss(block);
        for (std::size_t i = 0; i < block.y.size(); ++i) partial[1] += block.weight(i);
      });
  return sums[0] / sums[1];
}

}  // namespace thrum
