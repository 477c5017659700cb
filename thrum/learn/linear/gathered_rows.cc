#include "thrum/learn/linear/gathered_rows_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"

namespace thrum {
namespace {

template <class T>
std::vector<T> gather(std::vector<T> mine, Communicator& communicator) {
  if (communicator.size() == 1) return mine;
  std::vector<T> all;
  for (const std::vector<T>& part : communicator.allgatherv(std::span<const T>(mine))) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

template <class T>
std::vector<T> copy(std::span<const T> values) {
  return {values.begin(), values.end()};
}

void say_that_all_hold_all(const RowByRow& taker, Communicator& communicator) {
  if (communicator.size() == 1 || communicator.rank() != 0) return;
  log(LogLevel::info, fmt::format("[{}] {} takes one row after another: each of {} ranks holds the rows of all",
                                  taker.where, taker.solver, communicator.size()));
}

}  // namespace

std::vector<double> gather_values(std::span<const double> mine, Communicator& communicator) {
  return gather(copy(mine), communicator);
}

linalg::CsrMatrix gather_rows(const linalg::CsrMatrix& X, const RowByRow& taker, Communicator& communicator) {
  say_that_all_hold_all(taker, communicator);
  std::vector<std::uint64_t> lengths;
  for (std::size_t i = 0; i < X.rows(); ++i) lengths.push_back(X.row(i).columns.size());
  linalg::CsrMatrix::Parts parts{.n_cols = X.cols(),
                                 .column_indices = gather(copy(X.column_indices()), communicator),
                                 .values = gather(copy(X.values()), communicator)};
  for (const std::uint64_t length : gather(std::move(lengths), communicator)) {
    parts.row_offsets.push_back(parts.row_offsets.back() + length);
  }
  return linalg::CsrMatrix(std::move(parts));
}

GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const RowByRow& taker,
                         const Execution& execution) {
  if (execution.scratch != nullptr) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected training in passes over the rows within a memory limit, {} takes one row "
                            "after another",
                            taker.where, taker.solver),
                fmt::format("use {}, or leave the limit out", taker.remedy));
  }
  say_that_all_hold_all(taker, *execution.communicator);
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
