#include "thrum/cache/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/cache/cache_fixture_test.h"

namespace thrum {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

struct Scores {
  double mean = 0;
  std::vector<std::string> names = {};
  std::map<int, double> by_fold = {};
  bool operator==(const Scores&) const = default;
};

class MemoryTest : public CacheTest {
 protected:
  Memory memory = Memory(folder);
  int computed = 0;
};

TEST_F(MemoryTest, ComputesEachCallOnce) {
  const auto square = memory.cache("square", "v1", [&](int x) { return ++computed, x * x; });
  EXPECT_EQ(square(3), 9);
  EXPECT_EQ(square(3), 9);
  EXPECT_EQ(computed, 1);
  EXPECT_EQ(square(4), 16);
  EXPECT_EQ(computed, 2);
  const StoreCounts counts = memory.store().counts();
  EXPECT_EQ(counts.hits, 1u);
  EXPECT_EQ(counts.misses, 2u);
  EXPECT_EQ(counts.stored, 2u);
}

TEST_F(MemoryTest, AnotherMemoryOfTheFolderFindsTheResults) {
  const auto f = [&](int x) { return ++computed, x; };
  memory.cache("f", "v1", f)(1);
  Memory(folder).cache("f", "v1", f)(1);
  EXPECT_EQ(computed, 1);
}

TEST_F(MemoryTest, NameVersionAndResultTypeArePartOfTheKey) {
  const auto f = [&](int x) { return ++computed, x; };
  memory.cache("f", "v1", f)(1);
  memory.cache("f", "v2", f)(1);
  memory.cache("g", "v1", f)(1);
  memory.cache("f", "v1", [&](int x) -> double { return ++computed, x; })(1);
  EXPECT_EQ(computed, 4);
  memory.cache("f", "v1", f)(1);
  EXPECT_EQ(computed, 4) << "the result of the first version is still there";
}

TEST_F(MemoryTest, ArgumentsCountAsTheFunctionGetsThem) {
  const auto half = memory.cache("half", "v1", [&](double x) { return ++computed, x / 2; });
  half(1);
  half(1.0);
  half(1L);
  EXPECT_EQ(computed, 1);
  const auto any = memory.cache("any", "v1", [&](auto x) { return ++computed, x + 1; });
  EXPECT_EQ(any(1), 2);
  EXPECT_EQ(any(1.5), 2.5);
  EXPECT_EQ(any(1L), 2);
  EXPECT_EQ(computed, 4) << "one of several signatures: types count";
}

TEST_F(MemoryTest, TakesViewsOfLargeArraysWithoutCopies) {
  const auto sum = memory.cache("sum", "v1", [&](std::span<const double> values) {
    return ++computed, std::accumulate(values.begin(), values.end(), 0.0);
  });
  std::vector<double> values(1'000'000, 0.5);
  EXPECT_EQ(sum(values), 500'000);
  EXPECT_EQ(sum(std::span<const double>(values)), 500'000);
  EXPECT_EQ(computed, 1);
  values[777'777] = 1.5;
  EXPECT_EQ(sum(values), 500'001);
}

TEST_F(MemoryTest, KeepsStructuredResults) {
  const auto score = memory.cache("score", "v1", [&](const std::string& name) {
    ++computed;
    return Scores{0.5, {name, "b"}, {{1, 0.25}}};
  });
  const Scores first = score("a");
  EXPECT_EQ(score("a"), first);
  EXPECT_EQ(computed, 1);
}

TEST_F(MemoryTest, CachesPlainFunctions) {
  const auto length = memory.cache("length", "v1", +[](const std::string& text) { return text.size(); });
  EXPECT_EQ(length("abc"), 3u);
  EXPECT_EQ(length("abc"), 3u);
  EXPECT_EQ(memory.store().counts().hits, 1u);
}

TEST_F(MemoryTest, IgnoresArgumentsThatDoNotCount) {
  struct NotHashable {
    virtual ~NotHashable() = default;
    int x = 0;
  } sink;
  const auto f = memory.cache_ignoring<1>("f", "v1", [&](int x, NotHashable& out) {
    out.x = ++computed;
    return x;
  });
  f(1, sink);
  f(1, sink);
  EXPECT_EQ(computed, 1);
  f(2, sink);
  EXPECT_EQ(sink.x, 2);
}

TEST_F(MemoryTest, ExpiredResultsAreComputedAgain) {
  const auto f = [&](int x) { return ++computed, x; };
  memory.cache("f", "v1", f, {.expires_after = hours(1)})(1);
  memory.cache("f", "v1", f, {.expires_after = hours(1)})(1);
  EXPECT_EQ(computed, 1);
  memory.cache("f", "v1", f, {.expires_after = hours(-1)})(1);
  EXPECT_EQ(computed, 2);
  EXPECT_EQ(memory.entries().size(), 1u) << "in the place of the old one";
}

TEST_F(MemoryTest, ValidationDecidesFromWhatIsKnown) {
  bool valid = true;
  EntryInfo seen;
  const auto f = memory.cache("f", "v7", [&](int x) { return ++computed, x; }, {.validate = [&](const EntryInfo& info) {
                                seen = info;
                                return valid;
                              }});
  f(1);
  f(1);
  EXPECT_EQ(computed, 1);
  EXPECT_EQ(seen.function, "f");
  EXPECT_EQ(seen.version, "v7");
  EXPECT_EQ(seen.value_bytes, sizeof(int));
  EXPECT_GT(seen.duration.count(), 0);
  EXPECT_TRUE(f.check_call_in_cache(1));
  valid = false;
  EXPECT_FALSE(f.check_call_in_cache(1));
  f(1);
  EXPECT_EQ(computed, 2);
}

TEST_F(MemoryTest, CallComputesAnywayAndStores) {
  int answer = 1;
  const auto f = memory.cache("f", "v1", [&](int) { return answer; });
  EXPECT_EQ(f(0), 1);
  answer = 2;
  EXPECT_EQ(f(0), 1);
  EXPECT_EQ(f.call(0), 2);
  EXPECT_EQ(f(0), 2);
}

TEST_F(MemoryTest, ClearsOneCallOneFunctionOrAll) {
  const auto f = memory.cache("f", "v1", [&](int x) { return x; });
  const auto g = memory.cache("g", "v1", [&](int x) { return x; });
  for (int i = 0; i < 3; ++i) f(i), g(i);
  EXPECT_TRUE(f.clear_entry(0));
  EXPECT_FALSE(f.clear_entry(0));
  EXPECT_FALSE(f.check_call_in_cache(0));
  EXPECT_TRUE(f.check_call_in_cache(1));
  EXPECT_EQ(f.clear().entries, 2u);
  EXPECT_TRUE(g.check_call_in_cache(1));
  EXPECT_EQ(memory.usage().entries, 3u);
  EXPECT_EQ(memory.reduce_size({.max_entries = 1}).entries, 2u);
  EXPECT_EQ(memory.clear().entries, 1u);
  EXPECT_TRUE(memory.entries().empty());
}

TEST_F(MemoryTest, AThrowingCallStoresNothing) {
  const auto f = memory.cache("f", "v1", [&](int x) -> int {
    if (++computed == 1) throw std::runtime_error("not yet");
    return x;
  });
  EXPECT_THROW(f(1), std::runtime_error);
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(computed, 2);
}

TEST_F(MemoryTest, ShelvesResultsAsSmallReferences) {
  const auto f = memory.cache("f", "v1", [&](int n) { return ++computed, std::vector<double>(n, 0.5); });
  const Shelved<std::vector<double>> shelved = f.call_and_shelve(1000);
  EXPECT_EQ(shelved.get(), std::vector<double>(1000, 0.5));
  EXPECT_EQ(f.call_and_shelve(1000).get().size(), 1000u);
  EXPECT_EQ(f(1000).size(), 1000u);
  EXPECT_EQ(computed, 1);

  WireWriter writer;
  writer.write(shelved);
  EXPECT_LT(writer.bytes().size(), 200u);
  WireReader reader(writer.bytes());
  const auto received = reader.read<Shelved<std::vector<double>>>();
  EXPECT_EQ(received.get(), std::vector<double>(1000, 0.5));

  EXPECT_TRUE(received.valid());
  EXPECT_TRUE(received.clear());
  EXPECT_FALSE(shelved.valid());
  EXPECT_FALSE(shelved.clear());
  EXPECT_EQ(refusal([&] { shelved.get(); }, ErrorCode::io), "[cache] the shelved result " + f.key(1000).hex() +
                                                                " is no longer in " + folder.string() +
                                                                "; call the function again");
}

TEST_F(MemoryTest, AShelvedResultThatCouldNotBeStoredStaysInMemory) {
  const Memory small(folder, {.max_bytes = 4096});
  const auto f = small.cache("f", "v1", [&](int n) { return std::vector<double>(n, 0.5); });
  const auto shelved = f.call_and_shelve(10'000);
  EXPECT_TRUE(shelved.valid());
  EXPECT_EQ(shelved.get().size(), 10'000u);
  WireWriter writer;
  EXPECT_EQ(refusal([&] { writer.write(shelved); }),
            "[cache] a shelved result that could not be stored cannot be sent; send the value itself");
}

TEST_F(MemoryTest, MapsArraysThatOutliveTheirEviction) {
  const auto f = memory.cache("f", "v1", [&](int n) {
    ++computed;
    std::vector<double> values(n);
    std::iota(values.begin(), values.end(), 0.0);
    return values;
  });
  const MappedArray<double> made = f.map(100'000);
  const MappedArray<double> mapped = f.map(100'000);
  EXPECT_EQ(computed, 1);
  memory.clear();
  ASSERT_EQ(mapped.size(), 100'000u);
  EXPECT_EQ(mapped[99'999], 99'999.0);
  EXPECT_TRUE(std::ranges::equal(made, mapped));
  EXPECT_TRUE(f.map(0).empty());
}

TEST_F(MemoryTest, AResultOfAnotherShapeIsComputedAgain) {
  const auto f = memory.cache("f", "v1", [&](int) { return ++computed, std::string("right"); });
  memory.store().put(f.key(1), {.function = "f", .version = "v1", .value = bytes_of("no string")});
  EXPECT_EQ(f(1), "right");
  EXPECT_THAT(logged, HasSubstr("[cache] a stored result of f cannot be read: [wire]"));
  EXPECT_EQ(f(1), "right");
  EXPECT_EQ(computed, 1);
  const auto g = memory.cache("g", "v1", [&](int) { return std::vector<double>{1}; });
  memory.store().put(g.key(1), {.function = "g", .version = "v1", .value = bytes_of("seven b")});
  EXPECT_EQ(g(1), std::vector<double>{1});
  EXPECT_THAT(logged, HasSubstr("[cache] expected whole elements of 8 bytes, got 7 bytes; it is computed again"));
}

TEST_F(MemoryTest, SaysWhatItComputesWhenAsked) {
  const Memory loud(folder, {.verbose = true});
  loud.cache("slow", "v1", [](int x) { return x; })(1);
  EXPECT_THAT(logged, testing::MatchesRegex("\\[cache\\] computed slow in 0\\.[0-9]+ s\n"));
}

TEST_F(MemoryTest, AChangedInputFileIsReadAgain) {
  write_over(folder / "input", "one");
  const auto read = memory.cache("read", "v1", [&](const InputFile& file) { return ++computed, read_file(file.path); });
  EXPECT_EQ(read(InputFile{folder / "input"}), "one");
  EXPECT_EQ(read(InputFile{folder / "input"}), "one");
  EXPECT_EQ(computed, 1);
  write_over(folder / "input", "three");
  EXPECT_EQ(read(InputFile{folder / "input"}), "three");
}

TEST_F(MemoryTest, RefusesWhatMakesNoSense) {
  const auto f = [](int x) { return x; };
  EXPECT_EQ(refusal([&] { memory.cache("", "v1", f); }), "[cache] expected a name for the function, got none");
  EXPECT_EQ(refusal([&] { memory.cache(std::string(1025, 'f'), "v1", f); }),
            "[cache] expected a name and a version of at most 1024 bytes, got 1025 and 2");
  EXPECT_EQ(refusal([&] { memory.cache("f", "v1", f, {.compress = 20}); }),
            "[cache] expected a zstd level from 0 to 19, got 20");
}

TEST_F(MemoryTest, CompressedResultsAreTheSame) {
  const Memory small(folder, {.compress = 3});
  const auto f = small.cache("f", "v1", [&](int n) { return ++computed, std::vector<int>(n, 7); });
  EXPECT_EQ(f(100'000), std::vector<int>(100'000, 7));
  EXPECT_EQ(f(100'000), std::vector<int>(100'000, 7));
  EXPECT_EQ(f.map(100'000)[5], 7);
  EXPECT_EQ(computed, 1);
  EXPECT_EQ(small.usage().bytes, 4096u);
}

}  // namespace
}  // namespace thrum
