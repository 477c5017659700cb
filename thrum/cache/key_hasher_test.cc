#include "thrum/cache/key_hasher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <complex>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "thrum/cache/cache_fixture_test.h"
#include "thrum/cache/mapped_array.h"
#include "thrum/cache/type_signature.h"

namespace thrum {
namespace {

enum class Kernel { linear, rbf };
enum class Metric { linear, rbf };

struct Grid {
  int depth = 0;
  std::vector<double> rates = {};
};
struct OtherGrid {
  int depth = 0;
  std::vector<double> rates = {};
};

class Hooked {
 public:
  Hooked() = default;
  explicit Hooked(int value) : value_(value) {}
  template <class Archive>
  void wire(Archive& archive) {
    archive(value_);
  }

 private:
  int value_ = 0;
  [[maybe_unused]] int not_part_of_it_ = 0;
};

template <class... T>
Digest key(const T&... values) {
  KeyHasher hasher;
  hasher(values...);
  return hasher.digest();
}

/// Whether no two of the values have the same key.
template <class... T>
bool all_differ(const T&... values) {
  return std::set<Digest>{key(values)...}.size() == sizeof...(T);
}

TEST(KeyHasher, NumbersOfDifferentTypesDiffer) {
  EXPECT_TRUE(all_differ(1, 1U, 1L, 1UL, short{1}, std::int8_t{1}, std::uint8_t{1}, '\1', true, 1.0, 1.0F, "1"));
}

TEST(KeyHasher, EqualValuesAreEqual) {
  EXPECT_EQ(key(1, 2.5, "text"), key(1, 2.5, std::string("text")));
  EXPECT_NE(key(1, 2), key(2, 1));
  EXPECT_EQ(key(std::numeric_limits<double>::quiet_NaN()), key(std::numeric_limits<double>::quiet_NaN()));
}

TEST(KeyHasher, ArraysTellTheirElementsTypeAndEnd) {
  EXPECT_TRUE(all_differ(std::vector<int>{1, 2}, std::vector<long>{1, 2}, std::vector<unsigned>{1, 2},
                         std::vector<float>{1, 2}, std::vector<int>{1, 2, 0}, std::vector<int>{}, std::vector<long>{},
                         std::vector<bool>{true, false}, 1));
  EXPECT_NE(key(std::vector<int>{1}, std::vector<int>{2, 3}), key(std::vector<int>{1, 2}, std::vector<int>{3}));
  EXPECT_NE(key("ab", "c"), key("a", "bc"));
}

TEST(KeyHasher, AViewCountsAsWhatItShows) {
  const std::vector<double> values = {1, 2, 3};
  EXPECT_EQ(key(values), key(std::span(values)));
  EXPECT_EQ(key(values), key(std::array{1.0, 2.0, 3.0}));
  EXPECT_EQ(key(values), key(MappedArray<double>(values)));
  EXPECT_EQ(key(std::string("a")), key(std::string_view("a")));
}

TEST(KeyHasher, AMatrixIsItsShapeAndElementsWhateverItsStride) {
  const std::vector<float> dense = {1, 2, 3, 4, 5, 6};
  const std::vector<float> padded = {1, 2, 3, -1, 4, 5, 6, -2};
  EXPECT_EQ(key(MatrixView(dense.data(), 2, 3)), key(MatrixView(padded.data(), 2, 3, 4)));
  EXPECT_TRUE(all_differ(MatrixView(dense.data(), 2, 3), MatrixView(dense.data(), 3, 2), MatrixView(dense.data(), 1, 6),
                         dense));
}

TEST(KeyHasher, StructsAndEnumsAreTheirFieldsAndTheirName) {
  EXPECT_EQ(key(Grid{3, {0.1}}), key(Grid{3, {0.1}}));
  EXPECT_TRUE(all_differ(Grid{3, {0.1}}, Grid{4, {0.1}}, Grid{3, {0.2}}, OtherGrid{3, {0.1}}, Kernel::linear,
                         Kernel::rbf, Metric::linear));
}

TEST(KeyHasher, AHookSaysWhatCounts) {
  EXPECT_EQ(key(Hooked(1)), key(Hooked(1)));
  EXPECT_NE(key(Hooked(1)), key(Hooked(2)));
}

TEST(KeyHasher, UnorderedContainersDoNotDependOnTheirOrder) {
  std::unordered_map<std::string, int> forwards(8);
  std::unordered_map<std::string, int> backwards(4096);
  for (int i = 0; i < 100; ++i) forwards[std::to_string(i)] = i;
  for (int i = 99; i >= 0; --i) backwards[std::to_string(i)] = i;
  ASSERT_NE(forwards.begin()->first, backwards.begin()->first) << "or the test shows nothing";
  EXPECT_EQ(key(forwards), key(backwards));
  forwards["7"] = 8;
  EXPECT_NE(key(forwards), key(backwards));
  EXPECT_NE(key(std::unordered_set<int>{1, 2}), key(std::unordered_set<int>{1, 3}));
}

TEST(KeyHasher, TakesNestedStandardTypes) {
  using Nested = std::map<std::string, std::vector<std::optional<std::pair<int, std::string>>>>;
  EXPECT_EQ(key(Nested{{"a", {std::pair(1, "x"), std::nullopt}}}),
            key(Nested{{"a", {std::pair(1, "x"), std::nullopt}}}));
  EXPECT_NE(key(Nested{{"a", {std::pair(1, "x"), std::nullopt}}}),
            key(Nested{{"a", {std::nullopt, std::pair(1, "x")}}}));
  EXPECT_TRUE(all_differ(std::variant<int, double>(1), std::variant<int, double>(1.0), std::optional<int>(),
                         std::optional<int>(1), std::monostate(), std::tuple(1, 2), std::complex(1.0, 2.0),
                         std::chrono::seconds(1), std::chrono::milliseconds(1), std::filesystem::path("a"), "a"));
}

TEST(KeyHasher, DoesNotDependOnTheNumberOfThreads) {
  const test::TemporaryFolder folder;
  const std::vector<double> large(3'000'001, 0.5);
  std::set<Digest> keys = {key(large)};
  for (const int threads : {1, 2, 5}) {
    const Store store(folder.path(), {.threads = threads});
    KeyHasher hasher(&store);
    hasher(large);
    keys.insert(hasher.digest());
  }
  EXPECT_EQ(keys.size(), 1u);
}

TEST(KeyHasher, ManySmallValuesAreADigestOfTheirBytesAsAWhole) {
  std::vector<std::string> texts(300'000, "some text");
  const Digest before = key(texts);
  EXPECT_EQ(key(texts), before);
  texts[150'000] = "some tex!";
  EXPECT_NE(key(texts), before);
}

TEST(KeyHasher, NeverChanges) {
  const std::vector<double> large(100'000, 0.5);
  EXPECT_EQ(key(1, 2.5, "text", std::vector<int>{1, 2, 3}, large).hex(), "eadf22ebdb1709978b8963301f7e5af4");
}

using InputFileTest = CacheTest;

TEST_F(InputFileTest, IsItsPathSizeAndTimeOfChange) {
  const std::filesystem::path path = folder / "input";
  write_over(path, "1234");
  const Digest before = key(InputFile{path});
  EXPECT_EQ(key(InputFile{path}), before);
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  const Digest touched = key(InputFile{path});
  EXPECT_NE(touched, before);
  write_over(path, "12345");
  EXPECT_NE(key(InputFile{path}), touched);
}

TEST_F(InputFileTest, AMissingFileIsAnError) {
  EXPECT_EQ(refusal([&] { key(InputFile{folder / "none"}); }, ErrorCode::io),
            "[cache] cannot read " + (folder / "none").string() + ": No such file or directory");
}

struct Before {
  int a = 0;
};

TEST(TypeSignature, LooksIntoStructsAndElements) {
  EXPECT_NE(type_signature<std::vector<int>>(), type_signature<std::vector<long>>());
  EXPECT_THAT(type_signature<Before>(), testing::HasSubstr("{i/4}"));
  EXPECT_THAT(type_signature<std::vector<Grid>>(), testing::HasSubstr("{i/4"));
}

}  // namespace
}  // namespace thrum
