#include "thrum/learn/linear/row_order_internal.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>
#include <utility>

#include "thrum/comm/row_blocks.h"

namespace thrum {
namespace {

/// As many bytes as a disk, asked for one page, likes to read along with it.
constexpr std::size_t chunk_bytes = 128 * 1024;

std::size_t bytes_of_row(std::size_t n_columns) {
  return std::max<std::size_t>(1, n_columns) * sizeof(double);
}

std::size_t rows_of_chunk(std::size_t n_columns) {
  constexpr std::size_t fewest = 128;
  return std::clamp(std::bit_floor(chunk_bytes / bytes_of_row(n_columns)), fewest, row_block);
}

/// Draws from `first` on.
void shuffle(std::span<std::size_t> values, const Random& random, std::size_t first) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(first + i, i)]);
}

}  // namespace

RowOrder::RowOrder(std::size_t n_rows, std::size_t n_columns, bool shuffle, const Random& random)
    : n_rows_(n_rows), chunk_rows_(rows_of_chunk(n_columns)), shuffle_(shuffle), random_(random) {
  const std::size_t n_chunks = (n_rows + chunk_rows_ - 1) / chunk_rows_;
  chunks_.resize((n_chunks + chunks_of_window - 1) / chunks_of_window);
  for (std::size_t stratum = 0; stratum < chunks_of_window; ++stratum) {
    const std::size_t begin = stratum * n_chunks / chunks_of_window;
    const std::size_t end = (stratum + 1) * n_chunks / chunks_of_window;
    const std::vector<std::size_t> windows = windows_of(stratum);
    for (std::size_t c = begin; c < end; ++c) {
      chunks_[shuffle ? windows[c - begin] : c / chunks_of_window].push_back(c);
    }
  }
}

/// The windows in a random order, in which they take the chunks of the stratum. These are as many or one less.
std::vector<std::size_t> RowOrder::windows_of(std::size_t stratum) const {
  std::vector<std::size_t> windows(n_windows());
  std::iota(windows.begin(), windows.end(), std::size_t{0});
  shuffle(windows, random_, first_draw(n_windows()) + stratum * n_windows());
  return windows;
}

std::vector<std::size_t> RowOrder::window(std::size_t w) const {
  std::vector<std::size_t> rows;
  for (const std::size_t chunk : chunks_[w]) {
    const std::size_t begin = chunk * chunk_rows_;
    for (std::size_t i = begin; i < std::min(begin + chunk_rows_, n_rows_); ++i) rows.push_back(i);
  }
  if (shuffle_) shuffle(rows, random_, first_draw(w));
  return rows;
}

std::size_t RowOrder::rows_between_looks(std::size_t n_columns) noexcept {
  constexpr std::size_t fewest = 16;
  return std::clamp(chunk_bytes / bytes_of_row(n_columns), fewest, row_block);
}

}  // namespace thrum
