#include "thrum/core/aggregate.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace thrum {
namespace {

struct Nothing {};
struct One {
  std::string text;
};
struct Inner {
  int a = 0;
  int b = 0;
};
struct Mixed {
  double x = 0;
  Inner inner;
  std::array<float, 3> numbers{};
  std::vector<int> list;
  std::unique_ptr<int> owned;
};
struct Sixteen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
};
class Closed {
 public:
  explicit Closed(int value) : value_(value) {}
  int value() const { return value_; }

 private:
  int value_;
};

struct Seventeen {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q;
};
struct Derived : Inner {
  int c = 0;
};
struct OnlyBase : Inner {};
struct WithArray {
  Inner first;
  double numbers[3];  // NOLINT(modernize-avoid-c-arrays)
  std::string last;
};
struct WithLastArray {
  int n;
  std::string names[2];  // NOLINT(modernize-avoid-c-arrays)
};
/// Without a default constructor inside.
struct WithClosed {
  Closed closed;
  std::vector<int> list;
  Closed other;
};

static_assert(has_listed_fields<Nothing>);
static_assert(has_listed_fields<One>);
static_assert(has_listed_fields<Mixed>);
static_assert(has_listed_fields<Sixteen>);
static_assert(has_listed_fields<WithClosed>);
static_assert(!has_listed_fields<Seventeen>);
static_assert(!has_listed_fields<Derived>);
static_assert(!has_listed_fields<OnlyBase>);
static_assert(!has_listed_fields<WithArray>);
static_assert(!has_listed_fields<WithLastArray>);

static_assert(field_count<Nothing> == 0);
static_assert(field_count<One> == 1);
static_assert(field_count<Mixed> == 5);
static_assert(field_count<Sixteen> == 16);
static_assert(!Aggregate<Closed>);

TEST(TieFields, RefersToTheFieldsInOrder) {
  Mixed mixed;
  auto fields = tie_fields(mixed);
  std::get<0>(fields) = 2.5;
  std::get<1>(fields).b = 7;
  std::get<3>(fields) = {1, 2};
  EXPECT_EQ(mixed.x, 2.5);
  EXPECT_EQ(mixed.inner.b, 7);
  EXPECT_EQ(mixed.list, (std::vector{1, 2}));
}

TEST(TieFields, ReadsConstantsWithoutACopy) {
  const One one{"text"};
  EXPECT_EQ(&std::get<0>(tie_fields(one)), &one.text);
}

TEST(TieFields, ReachesTheLastOfSixteen) {
  Sixteen all{};
  std::get<15>(tie_fields(all)) = 16;
  EXPECT_EQ(all.p, 16);
}

}  // namespace
}  // namespace thrum
