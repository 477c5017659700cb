#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/learn/linear/bfloat16_internal.h"
#include "thrum/learn/linear/design_matrix_internal.h"

namespace thrum {
namespace {

/// Two blocks and a part of a tile. `with_categories`: one column of three.
Dataset dataset(bool with_categories) {
  constexpr std::size_t n = 2 * row_block + 37;
  const Random random(1);
  std::vector<double> some_missing(n), others(n);
  std::vector<std::int64_t> label(n);
  std::vector<std::int32_t> codes(n);
  for (std::size_t i = 0; i < n; ++i) {
    some_missing[i] = i % 11 == 0 ? NAN : 5 + 3 * random.normal(i);
    others[i] = random.uniform(i);
    label[i] = static_cast<std::int64_t>(i % 2);
    codes[i] = static_cast<std::int32_t>(i % 4) - 1;
  }
  std::vector<Column> columns = {Column::float64("some_missing", std::move(some_missing)),
                                 Column::float64("others", std::move(others)),
                                 Column::int64("label", std::move(label))};
  if (with_categories) columns.push_back(Column::category("letter", std::move(codes), {"a", "b", "c"}));
  return Dataset(std::make_shared<const Table>(std::move(columns)), {.target = "label"});
}

/// The rows as a reading gives them, with the padding of the last tile.
template <class T>
std::vector<T> read_all(const DesignMatrix<T>& x) {
  std::vector<T> values;
  for (std::size_t begin = 0; begin < x.n_rows(); begin += row_block) {
    x.read({begin, std::min(begin + row_block, x.n_rows())}, [&](const typename DesignMatrix<T>::Piece& piece) {
      const std::size_t n_tiles = (piece.rows.size() + x.tile_rows() - 1) / x.tile_rows();
      values.insert(values.end(), piece.x, piece.x + n_tiles * x.tile_rows() * x.n_columns());
    });
  }
  return values;
}

std::vector<float> rounded(std::vector<float> values) {
  round_to_bfloat16(values);
  return values;
}

template <class T>
void expect_encoded_rows_however_often_they_are_read(bool with_categories) {
  const Dataset data = dataset(with_categories);
  const LocalExecution execution(1);
  const Encoder encoder = Encoder::fit(data, {}, {}, true, execution);
  std::vector<double> raw(data.n_rows() * encoder.n_features()), encoded(data.n_rows() * encoder.n_outputs());
  const MatrixView<double> rows(raw.data(), data.n_rows(), encoder.n_features());
  const MatrixView<double> expected(encoded.data(), data.n_rows(), encoder.n_outputs());
  data.reader().read(0, rows);
  encoder.encode(rows, expected);
  const std::vector<T> tiles = read_all(DesignMatrix<T>(MatrixView<const double>(expected)));
  ASSERT_EQ(tiles.size() % encoder.n_outputs(), 0u);
  const DesignMatrix<T> x(data, encoder, execution);
  for (int reading = 0; reading < 14; ++reading) EXPECT_EQ(read_all(x), tiles) << reading;
  const DesignMatrix<T> encoded_anew(data, encoder, execution, RowStorage::none);
  for (int reading = 0; reading < 3; ++reading) EXPECT_EQ(read_all(encoded_anew), tiles) << reading;
  if constexpr (std::is_same_v<T, float>) {
    const DesignMatrix<float> narrow(data, encoder, execution, RowStorage::bfloat16);
    for (int reading = 0; reading < 8; ++reading) EXPECT_EQ(read_all(narrow), rounded(tiles)) << reading;
  }
}

TEST(DesignMatrix, HasTheEncodedRowsHoweverOftenTheyAreRead) {
  for (const bool with_categories : {false, true}) {
    expect_encoded_rows_however_often_they_are_read<double>(with_categories);
    expect_encoded_rows_however_often_they_are_read<float>(with_categories);
  }
}

TEST(Bfloat16, IsTheNearestOfEightSignificantBits) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float smallest = 0x1p-126F;
  const std::vector<float> values = {
      0,          -0.0F,    1,         -3,      1 + 0x1p-8F, 1 + 0x1.8p-7F, 1 + 0x1.02p-8F,
      -0x1.ffp7F, infinity, -infinity, 3.4e38F, smallest,    0x1.01p-100F,  -1 - 0x1.fep-8F};
  const std::vector<float> nearest = {0,       -0.0F,    1,         -3,       1,        1 + 0x1p-6F, 1 + 0x1p-7F,
                                      -0x1p8F, infinity, -infinity, infinity, smallest, 0x1p-100F,   -1 - 0x1p-7F};
  EXPECT_EQ(rounded(values), nearest);
  EXPECT_TRUE(std::signbit(rounded({-0.0F})[0]));
}

}  // namespace
}  // namespace thrum
