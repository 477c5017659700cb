#include <gtest/gtest.h>

#include "thrum/linalg/product_plan_internal.h"

namespace thrum::linalg {
namespace {

struct Shape {
  std::size_t m, n, k;
};

TEST(ProductPlan, TilesCoverTheOutputOnce) {
  for (const Shape& s : {Shape{1, 1, 1}, {1000, 1000, 1000}, {17, 4000, 3}, {100000, 8, 8}, {8, 100000, 8}}) {
    std::size_t covered = 0;
    for (const Block& tile : plan_product(s.m, s.n, s.k).tiles()) {
      EXPECT_LE(tile.row_end, s.m);
      EXPECT_LE(tile.col_end, s.n);
      covered += tile.rows() * tile.cols();
    }
    EXPECT_EQ(covered, s.m * s.n);
  }
}

TEST(ProductPlan, SymmetricTilesTouchTheLowerTriangleOnly) {
  const std::vector<Block> tiles = plan_symmetric_product(1000, 500).tiles();
  EXPECT_EQ(tiles.size(), 10);
  for (const Block& tile : tiles) EXPECT_LT(tile.col_begin, tile.row_end);
}

TEST(ProductPlan, ALargeProductHasWorkForManyThreads) {
  EXPECT_GE(plan_product(1000, 1000, 1000).tiles().size(), 8);
  EXPECT_GE(plan_product(2000, 2000, 2000).tiles().size(), 16);
  EXPECT_GE(plan_product(4000, 4000, 4000).tiles().size(), 8);
}

TEST(ProductPlan, SmallWorkIsOneTask) {
  const ProductPlan plan = plan_product(100, 100, 100);
  EXPECT_EQ(plan.tiles().size(), 1);
  EXPECT_EQ(plan.k_blocks, 1);
}

TEST(ProductPlan, ALongInnerDimensionIsCutWhereTheOutputIsSmall) {
  EXPECT_EQ(plan_symmetric_product(28, 1000000).k_blocks, 32);
  EXPECT_EQ(plan_product(28, 3, 1000000).k_blocks, 32);
  EXPECT_EQ(plan_product(8000, 8000, 20000).k_blocks, 1);
  const ProductPlan plan = plan_product(300, 300, 1000003);
  EXPECT_LT((plan.k_blocks - 1) * plan.k_block, 1000003);
  EXPECT_GE(plan.k_blocks * plan.k_block, 1000003);
}

}  // namespace
}  // namespace thrum::linalg
