#include "thrum/core/random.h"

#include <gtest/gtest.h>

namespace thrum {
namespace {

// Known answers of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
TEST(Random, MatchesThePublishedKnownAnswers) {
  EXPECT_EQ(Random(0, 0).bits(0), (std::array<std::uint32_t, 4>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
  EXPECT_EQ(Random(~0ull, ~0ull).bits(~0ull),
            (std::array<std::uint32_t, 4>{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}));
  EXPECT_EQ(Random(0x299f31d0a4093822ull, 0x0370734413198a2eull).bits(0x85a308d3243f6a88ull),
            (std::array<std::uint32_t, 4>{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}));
}

TEST(Random, UniformHasMeanOneHalfAndStaysBelowOne) {
  const Random random(7);
  double sum = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double u = random.uniform(i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(Random, NormalHasUnitVariance) {
  const Random random(7);
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double x = random.normal(i);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100000, 0.0, 0.02);
  EXPECT_NEAR(squares / 100000, 1.0, 0.02);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  const Random random(3);
  std::array<int, 5> counts{};
  for (std::uint64_t i = 0; i < 10000; ++i) ++counts.at(random.below(i, 5));
  for (const int count : counts) EXPECT_NEAR(count, 2000, 200);
}

TEST(Random, StreamsAndSeedsDiffer) {
  EXPECT_NE(Random(1, 0).bits(0), Random(1, 1).bits(0));
  EXPECT_NE(Random(1, 0).bits(0), Random(2, 0).bits(0));
}

}  // namespace
}  // namespace thrum
