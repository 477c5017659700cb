#include "thrum/learn/linear/gathered_rows_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/log.h"
#include "thrum/runtime/memory_room_internal.h"

namespace thrum {
namespace {

/// Bytes of rows that a thread, or a message between ranks, holds beside the rows of all.
constexpr std::size_t piece_bytes = 4 << 20;

std::size_t rows_of_piece(std::size_t n_columns) {
  constexpr std::size_t fewest = 16;
  return std::clamp(piece_bytes / sizeof(double) / std::max<std::size_t>(1, n_columns), fewest, row_block);
}

template <class T>
std::vector<T> gather(std::span<const T> mine, Communicator& communicator) {
  std::vector<T> all;
  for (const std::vector<T>& part : communicator.allgatherv(mine)) all.insert(all.end(), part.begin(), part.end());
  return all;
}

void say_that_all_hold_all(const RowByRow& taker, Communicator& communicator) {
  if (communicator.size() == 1 || communicator.rank() != 0) return;
  log(LogLevel::info, fmt::format("[{}] {} takes one {} after another: each of {} ranks holds the rows of all",
                                  taker.where, taker.solver, taker.what, communicator.size()));
}

/// Gives every rank the rows, of `n_columns` numbers, of all others; its own are there already (collective).
void exchange(std::span<double> all, std::size_t n_rows, std::size_t n_columns, const Execution& execution) {
  Communicator& communicator = *execution.communicator;
  if (communicator.size() == 1) return;
  std::vector<RowRange> of_ranks;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    of_ranks.push_back(rows_of_rank(n_rows, rank, communicator.size()));
  }
  const std::size_t most = std::ranges::max(of_ranks, {}, &RowRange::size).size(), piece = rows_of_piece(n_columns);
  for (std::size_t offset = 0; offset < most; offset += piece) {
    const auto part_of = [&](const RowRange& rows) {
      const std::size_t begin = std::min(rows.begin + offset, rows.end), end = std::min(begin + piece, rows.end);
      return all.subspan(begin * n_columns, (end - begin) * n_columns);
    };
    const RowRange& own = of_ranks[static_cast<std::size_t>(communicator.rank())];
    const auto parts = communicator.allgatherv(std::span<const double>(part_of(own)));
    for (std::size_t r = 0; r < parts.size(); ++r) std::ranges::copy(parts[r], part_of(of_ranks[r]).begin());
    execution.keep_within_limit();
  }
}

/// x: (n, encoder.n_outputs()), for this rank's rows from `begin` on.
void encode_rows(const Dataset& dataset, const Encoder& encoder, std::size_t begin, MatrixView<double> x,
                 const Execution& execution) {
  std::vector<double> raw(x.rows() * encoder.n_features()), values(x.rows());
  const MatrixView<double> rows(raw.data(), x.rows(), encoder.n_features());
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    // So many numbers of a row share a page, and a category may touch one for each row.
    if (j % 32 == 0 || encoder.n_categories(j) > 0) execution.keep_within_limit();
    dataset.reader().read_feature(j, dataset.first_row() + begin, values);
    for (std::size_t i = 0; i < x.rows(); ++i) rows(i, j) = values[i];
  }
  encoder.encode(rows, x);
}

/// How many values a rank copies of all that have `n` each (collective).
std::size_t n_gathered(std::size_t n, Communicator& communicator) {
  std::uint64_t sum = communicator.size() == 1 ? 0 : n;
  communicator.allreduce(std::span(&sum, 1), ReduceOp::sum);
  return sum;
}

}  // namespace

RowValues::RowValues(std::span<const double> mine, const Execution& execution)
    : gathered_(n_gathered(mine.size(), *execution.communicator), execution.scratch), values_(mine) {
  if (execution.communicator->size() == 1) return;
  const RowRange own = rows_of_rank(gathered_.size(), execution.communicator->rank(), execution.communicator->size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (i % row_block == 0) execution.keep_within_limit();
    gathered_.data()[own.begin + i] = mine[i];
  }
  exchange(gathered_.values(), gathered_.size(), 1, execution);
  values_ = std::as_const(gathered_).values();
}

linalg::CsrMatrix gather_rows(const linalg::CsrMatrix& X, const RowByRow& taker, const Execution& execution) {
  Communicator& communicator = *execution.communicator;
  say_that_all_hold_all(taker, communicator);
  std::uint64_t n_values = X.n_values();
  communicator.allreduce(std::span(&n_values, 1), ReduceOp::sum);
  constexpr std::size_t copies = 2;
  const std::size_t of_a_value = dtype_size(X.dtype()) + sizeof(std::uint32_t);
  check_room(execution.scratch, copies * of_a_value * n_values * static_cast<std::size_t>(communicator.size()),
             fmt::format("the rows of all on each of {} ranks take", communicator.size()));
  std::vector<std::uint64_t> lengths;
  for (std::size_t i = 0; i < X.rows(); ++i) lengths.push_back(X.row(i).columns.size());
  linalg::CsrMatrix::Parts parts{.n_cols = X.cols(),
                                 .column_indices = gather(X.column_indices(), communicator),
                                 .values = gather(X.values(), communicator),
                                 .values_f32 = gather(X.values_f32(), communicator)};
  for (const std::uint64_t length : gather(std::span<const std::uint64_t>(lengths), communicator)) {
    parts.row_offsets.push_back(parts.row_offsets.back() + length);
  }
  return linalg::CsrMatrix(std::move(parts));
}

GatheredRows gather_rows(const Dataset& dataset, const Encoder& encoder, const RowByRow& taker,
                         const Execution& execution) {
  say_that_all_hold_all(taker, *execution.communicator);
  const std::size_t n_columns = encoder.n_outputs(), n_rows = dataset.n_rows_of_all_ranks();
  ZeroedArray<double> x(n_rows * n_columns, execution.scratch);
  const MatrixView<double> own(x.data() + dataset.first_row() * n_columns, dataset.n_rows(), n_columns);
  const auto encode_block = [&](std::size_t begin, std::size_t end) {
    const std::size_t piece = rows_of_piece(std::max(n_columns, encoder.n_features()));
    for (; begin < end; begin += piece) {
      encode_rows(dataset, encoder, begin, own.row_range(begin, std::min(begin + piece, end)), execution);
    }
  };
  parallel_for(*execution.arena, dataset.n_rows(), row_block, encode_block, execution.stop);
  exchange(x.values(), n_rows, n_columns, execution);
  return {.x = std::move(x), .y = RowValues(dataset.y(), execution), .n_columns = n_columns};
}

}  // namespace thrum
