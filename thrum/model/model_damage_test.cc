// No damage to a model's bytes goes unnoticed, wherever it is.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/model/model.h"
#include "thrum/model/model_fixture_test.h"
#include "thrum/model/prepared_fixture_test.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

/// Whether opening the bytes ends in corrupt_data, as it must.
template <class Open>
bool is_refused(const std::vector<std::byte>& bytes, Open open) {
  try {
    open(bytes);
  } catch (const Error& error) {
    return error.code() == ErrorCode::corrupt_data;
  }
  return false;
}

struct Format {
  const char* name;
  std::vector<std::byte> (*bytes)();
  void (*open)(const std::vector<std::byte>&);
};

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.name;
}

class Damage : public testing::TestWithParam<Format> {
 protected:
  const std::vector<std::byte> bytes_ = GetParam().bytes();

  bool refused(const std::vector<std::byte>& bytes) const { return is_refused(bytes, GetParam().open); }
};

TEST_P(Damage, NoneIsAccepted) {
  EXPECT_FALSE(refused(bytes_));
}

TEST_P(Damage, EveryTruncationIsRefused) {
  for (std::size_t n = 0; n < bytes_.size(); ++n) {
    const std::vector<std::byte> cut(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(n));
    ASSERT_TRUE(refused(cut)) << n << " of " << bytes_.size() << " bytes";
  }
}

TEST_P(Damage, EveryFlippedBitIsRefused) {
  std::vector<std::byte> bytes = bytes_;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const std::byte mask{static_cast<unsigned char>(1u << bit % 8)};
    bytes[bit / 8] ^= mask;
    ASSERT_TRUE(refused(bytes)) << "bit " << bit % 8 << " of byte " << bit / 8;
    bytes[bit / 8] ^= mask;
  }
}

TEST_P(Damage, AppendedBytesAreRefused) {
  for (const std::size_t n : {1, 7, 64, 4096}) {
    std::vector<std::byte> bytes = bytes_;
    bytes.resize(bytes.size() + n);
    EXPECT_TRUE(refused(bytes)) << n;
  }
  std::vector<std::byte> twice = bytes_;
  twice.insert(twice.end(), bytes_.begin(), bytes_.end());
  EXPECT_TRUE(refused(twice));
}

TEST_P(Damage, ExchangedBlocksAreRefused) {
  for (std::size_t at = 0; at + 128 <= bytes_.size(); at += 64) {
    std::vector<std::byte> bytes = bytes_;
    const auto block = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    std::swap_ranges(block, block + 64, block + 64);
    EXPECT_EQ(refused(bytes), bytes != bytes_) << at;
  }
}

void open_model(const std::vector<std::byte>& bytes) {
  deserialize(bytes, "a.thrum");
}
void open_image(const std::vector<std::byte>& bytes) {
  open_predictor(bytes);
}

TreeModel forest() {
  const Schema schema = model_test::tree_schema(2, {3}, 2);
  const model_test::RandomTrees wish = {
      .n_trees = 2, .n_leaves = 3, .leaf_width = 2, .n_margins = 2, .link = Link::clip};
  return model_test::tree_model("random-forest", schema, model_test::random_ensemble(schema, wish));
}

PreparedModel prepared() {
  return model_test::prepared_model(model_test::raw_dataset(50));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Damage,
    testing::Values(Format{"TwoClassModel", [] { return serialize(model_test::two_class_model()); }, &open_model},
                    Format{"ThreeClassModel", [] { return serialize(model_test::three_class_model()); }, &open_model},
                    Format{"Regression", [] { return serialize(model_test::regression_model()); }, &open_model},
                    Format{"RegressionPredictor", [] { return model_test::regression_model().compile(); }, &open_image},
                    Format{"Forest", [] { return serialize(forest()); }, &open_model},
                    Format{"Prepared", [] { return serialize(prepared()); }, &open_model},
                    Format{"PreparedPredictor", [] { return prepared().compile(); }, &open_image},
                    Format{"Predictor", [] { return model_test::two_class_model().compile(); }, &open_image},
                    Format{"ForestPredictor", [] { return forest().compile(); }, &open_image}),
    [](const auto& format) { return std::string(format.param.name); });

}  // namespace
}  // namespace thrum
