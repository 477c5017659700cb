#include "thrum/learn/linear/gathered_rows_internal.h"

#include <algorithm>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"

namespace thrum {
namespace {

std::vector<double> gather(std::vector<double> mine, Communicator& communicator) {
  if (communicator.size() == 1) return mine;
  std::vector<double> all;
  for (const std::vector<double>& part : communicator.allgatherv(std::span<const double>(mine))) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::vector<double> gather_values(std::span<const double> mine, Communicator& communicator) {
  return gather({mine.begin(), mine.end()}, communicator);
}

GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const Execution& execution) {
  if (execution.scratch != nullptr) {
    throw Error(ErrorCode::invalid_argument,
                "[train] expected training in passes over the rows within a memory limit, this takes them one by one",
                "choose another solver, or leave the limit out");
  }
  const std::size_t n_columns = encoder.n_outputs();
  std::vector<double> x(dataset.n_rows() * n_columns);
  const auto encode_rows = [&](std::size_t begin, std::size_t end) {
    std::vector<double> raw((end - begin) * encoder.n_features());
    const MatrixView<double> rows(raw.data(), end - begin, encoder.n_features());
    dataset.reader().read(dataset.first_row() + begin, rows);
    encoder.encode(rows, MatrixView<double>(x.data() + begin * n_columns, end - begin, n_columns));
  };
  parallel_for(*execution.arena, dataset.n_rows(), row_block, encode_rows, execution.stop);
  return {.x = gather(std::move(x), *execution.communicator),
          .y = gather_values(dataset.y(), *execution.communicator),
          .n_columns = n_columns};
}

}  // namespace thrum
