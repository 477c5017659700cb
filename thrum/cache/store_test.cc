#include "thrum/cache/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string>

#include "thrum/cache/cache_fixture_test.h"
#include "thrum/cache/shard_internal.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StoreTest : public CacheTest {
 protected:
  static bool put(const Store& store, std::string_view name, std::string_view value, int compress = 0) {
    return store.put(key_of(name), {.function = "f",
                                    .version = "v1",
                                    .duration = std::chrono::milliseconds(5),
                                    .value = bytes_of(value),
                                    .compress = compress});
  }
  static std::string get(const Store& store, std::string_view name) {
    const auto entry = store.find(key_of(name));
    return entry ? std::string(text_of(entry->value.bytes())) : "none";
  }
  fs::path file_of(std::string_view name) const { return entry_path(folder / "v1", key_of(name)); }
  /// As if the entry had last been used `seconds` ago.
  void age(std::string_view name, int seconds) const {
    const std::int64_t then = coarse_now_ns() / 1'000'000'000 - seconds;
    const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{then, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file_of(name).c_str(), times.data(), 0), 0);
  }
  std::uint64_t bytes_on_disk() const {
    std::uint64_t sum = 0;
    for (const fs::path& file : entry_files()) sum += disk_bytes(fs::file_size(file));
    return sum;
  }
};

TEST_F(StoreTest, FindsWhatWasPut) {
  const Store store(folder);
  EXPECT_EQ(get(store, "a"), "none");
  EXPECT_TRUE(put(store, "a", "value"));
  EXPECT_TRUE(put(store, "empty", ""));
  EXPECT_EQ(get(store, "a"), "value");
  EXPECT_EQ(get(store, "empty"), "");
  EXPECT_EQ(get(Store(folder), "a"), "value") << "also when opened anew";
  EXPECT_EQ(logged, "");
}

TEST_F(StoreTest, KnowsWhatItHolds) {
  const Store store(folder);
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  put(store, "a", std::string(5000, 'x'), 3);
  const auto info = store.look_at(key_of("a"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->key, key_of("a"));
  EXPECT_EQ(info->function, "f");
  EXPECT_EQ(info->version, "v1");
  EXPECT_EQ(info->duration, std::chrono::milliseconds(5));
  EXPECT_EQ(info->value_bytes, 5000u);
  EXPECT_EQ(info->disk_bytes, 4096u) << "compressed";
  EXPECT_GT(info->created, before);
  EXPECT_EQ(store.find(key_of("a"))->info().value_bytes, 5000u);
  EXPECT_EQ(store.look_at(key_of("b")), std::nullopt);
}

TEST_F(StoreTest, ValuesLieAlignedAndOutliveTheirEntry) {
  const Store store(folder);
  const std::string large(300'000, 'x');
  for (const std::string& value : {std::string("short"), large}) {
    put(store, "a", value);
    const auto entry = store.find(key_of("a"));
    ASSERT_TRUE(entry);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entry->value.bytes().data()) % 64, 0u);
    EXPECT_TRUE(store.remove(key_of("a")));
    EXPECT_EQ(text_of(entry->value.bytes()), value);
  }
}

TEST_F(StoreTest, CompressesOnDemand) {
  const Store store(folder);
  const std::string value(1'000'000, 'x');
  put(store, "plain", value);
  put(store, "small", value, 3);
  EXPECT_EQ(get(store, "small"), value);
  EXPECT_GT(fs::file_size(file_of("plain")), 1'000'000u);
  EXPECT_LT(fs::file_size(file_of("small")), 10'000u);
}

TEST_F(StoreTest, APutReplaces) {
  const Store store(folder);
  put(store, "a", std::string(100'000, 'x'));
  put(store, "a", "new");
  EXPECT_EQ(get(store, "a"), "new");
  EXPECT_EQ(store.usage(), (Usage{4096, 1}));
}

TEST_F(StoreTest, RemovesAndCounts) {
  const Store store(folder);
  put(store, "a", "1");
  put(store, "b", std::string(5000, 'x'));
  EXPECT_EQ(store.usage(), (Usage{4096 + 8192, 2}));
  EXPECT_TRUE(store.remove(key_of("a")));
  EXPECT_FALSE(store.remove(key_of("a")));
  EXPECT_EQ(store.usage(), (Usage{8192, 1}));
  EXPECT_EQ(get(store, "a"), "none");
}

TEST_F(StoreTest, EveryDamagedByteMakesAMissThatIsRemovedAndReported) {
  const Store store(folder);
  put(store, "a", "the value");
  const std::string whole = read_file(file_of("a"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write_over(file_of("a"), damaged);
    logged.clear();
    ASSERT_EQ(get(store, "a"), "none") << "byte " << i;
    ASSERT_FALSE(fs::exists(file_of("a"))) << "byte " << i;
    ASSERT_THAT(logged, HasSubstr("it is removed, and computed again")) << "byte " << i;
  }
  EXPECT_EQ(store.counts().damaged, whole.size());
}

TEST_F(StoreTest, EveryTruncatedOrLengthenedEntryIsAMiss) {
  const Store store(folder);
  put(store, "a", "the value");
  const std::string whole = read_file(file_of("a"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_over(file_of("a"), whole.substr(0, size));
    ASSERT_EQ(get(store, "a"), "none") << size << " bytes";
  }
  write_over(file_of("a"), whole + "x");
  EXPECT_EQ(get(store, "a"), "none");
  write_over(file_of("a"), whole);
  EXPECT_EQ(get(store, "a"), "the value");
}

TEST_F(StoreTest, ADamagedLargeOrCompressedEntryIsAMiss) {
  const Store store(folder);
  for (const int level : {0, 3}) {
    std::string value(3'000'000, 'x');
    for (std::size_t i = 0; i < value.size(); i += 3) value[i] = static_cast<char>(i * i >> 5);
    put(store, "a", value, level);
    std::string damaged = read_file(file_of("a"));
    damaged[damaged.size() / 2] ^= 1;
    write_over(file_of("a"), damaged);
    EXPECT_EQ(get(store, "a"), "none") << "level " << level;
  }
}

TEST_F(StoreTest, SaysWhatIsWrongWithAnEntry) {
  const Store store(folder);
  put(store, "a", "the value");
  const std::string path = file_of("a").string();
  std::string whole = read_file(path);
  const auto message_for = [&](const std::string& text) {
    write_over(path, text);
    logged.clear();
    get(store, "a");
    return logged;
  };
  const std::string end = "; it is removed, and computed again\n";
  EXPECT_EQ(message_for(""), "[cache] the entry " + path + " is cut off" + end);
  EXPECT_EQ(message_for(whole.substr(0, whole.size() - 1)), "[cache] the entry " + path + " is cut off" + end);
  EXPECT_EQ(message_for("x" + whole.substr(1)), "[cache] the entry " + path + " is no entry of a cache" + end);
  EXPECT_EQ(message_for(whole.substr(0, whole.size() - 1) + "!"), "[cache] the entry " + path + " is damaged" + end);
  EXPECT_EQ(message_for(whole + "x"), "[cache] the entry " + path + " has bytes after its end" + end);
  put(store, "b", "another");
  EXPECT_EQ(message_for(read_file(file_of("b"))), "[cache] the entry " + path + " belongs to another key" + end);
}

TEST_F(StoreTest, ADamagedCompressedValueSaysSo) {
  const Store store(folder);
  // A frame whose checksum is right but which is no frame.
  put(store, "a", "no frame");
  std::string text = read_file(file_of("a"));
  text[12] = 1;  // the flag
  write_over(file_of("a"), text);
  EXPECT_EQ(get(store, "a"), "none");
  EXPECT_THAT(logged, HasSubstr("is damaged")) << "the header has a checksum of its own";
}

TEST_F(StoreTest, NeverHoldsMoreThanItsLimits) {
  const Store store(folder, {.max_bytes = 100 * 4096, .max_entries = 40});
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(put(store, std::to_string(i), std::string(i % 7 == 0 ? 20'000 : 10, 'x')));
    ASSERT_LE(store.usage().bytes, 100u * 4096);
    ASSERT_LE(store.usage().entries, 40u);
    ASSERT_EQ(get(store, std::to_string(i)).substr(0, 1), "x") << "the newest is there";
  }
  EXPECT_EQ(store.usage(), (Usage{bytes_on_disk(), entry_files().size()}));
  EXPECT_EQ(store.counts().evicted, 300 - store.usage().entries);
}

TEST_F(StoreTest, EvictsWhatWasNotUsedForLongest) {
  const Store store(folder, {.max_entries = 10});
  for (int i = 0; i < 10; ++i) {
    put(store, std::to_string(i), "x");
    age(std::to_string(i), 1000 - i);
  }
  get(store, "0");  // a use
  put(store, "new", "x");
  EXPECT_EQ(get(store, "1"), "none");
  for (const char* name : {"0", "2", "9", "new"}) EXPECT_EQ(get(store, name), "x") << name;
}

TEST_F(StoreTest, EvictionLooksAtFewMoreEntriesThanItEvicts) {
  constexpr std::uint64_t n = 6000;
  const Store store(folder, {.max_entries = n});
  for (std::uint64_t i = 0; i <= n; ++i) put(store, std::to_string(i), "x");
  const StoreCounts counts = store.counts();
  EXPECT_GE(counts.evicted, n / 10);
  EXPECT_LE(counts.weighed, 6 * counts.evicted);
}

TEST_F(StoreTest, AValueLargerThanTheCacheIsNotStored) {
  const Store store(folder, {.max_bytes = 8192});
  put(store, "a", "x");
  EXPECT_FALSE(put(store, "large", std::string(10'000, 'x')));
  EXPECT_EQ(logged, "[cache] a result of f takes 12288 bytes, more than the whole cache may: not stored\n");
  EXPECT_EQ(get(store, "a"), "x") << "and nothing was evicted for it";
}

/// Stands for a full disk: files take no more than `most` bytes while it lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t most) : action_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small = {most, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, action_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*action_)(int);
  rlimit before_;
};

TEST_F(StoreTest, AFullDiskIsReportedOnceAndNothingElseHappens) {
  const Store store(folder);
  {
    const FullDisk disk(8192);
    EXPECT_FALSE(put(store, "a", std::string(100'000, 'x')));
    EXPECT_FALSE(put(store, "b", std::string(100'000, 'x')));
  }
  EXPECT_EQ(logged, "[cache] cannot store " + file_of("a").string() +
                        ": File too large; what cannot be stored is computed each time, and not reported again\n");
  EXPECT_TRUE(entry_files().empty());
  EXPECT_EQ(store.usage(), Usage());
}

TEST_F(StoreTest, OpensOnAFullDiskAndStoresWhenThereIsRoom) {
  const fs::path place = folder / "cache";
  std::optional<Store> store;
  {
    const FullDisk disk(0);
    store.emplace(place);
    EXPECT_FALSE(put(*store, "a", "x"));
    EXPECT_TRUE(
        std::holds_alternative<Store::Turn>(store->find_or_turn(key_of("a"), [](const StoredEntry&) { return true; })));
  }
  EXPECT_EQ(logged, "[write] cannot write " + (place / "CACHEDIR.TAG").string() +
                        ": File too large; what cannot be stored is computed each time, and not reported again\n");
  EXPECT_TRUE(put(*store, "a", "x"));
  EXPECT_EQ(get(*store, "a"), "x");
}

TEST_F(StoreTest, CountsAnewWhenItsNumbersAreMissingOrDamaged) {
  const fs::path usage = folder / "v1" / "usage";
  const auto reopened = [&] { return Store(folder).usage(); };
  put(Store(folder), "a", "x");
  put(Store(folder), "b", "x");
  const Usage right = {8192, 2};
  EXPECT_EQ(reopened(), right);
  fs::remove(usage);
  EXPECT_EQ(reopened(), right);
  write_over(usage, "");
  EXPECT_EQ(reopened(), right);
  write_over(usage, std::string(4160, 'x'));
  EXPECT_EQ(reopened(), right);
  std::string negative = read_file(usage);
  negative.replace(64 + 100 * 16, 8, std::string(8, '\xF0'));
  write_over(usage, negative);
  EXPECT_EQ(reopened(), right);
}

TEST_F(StoreTest, CountsAnewTheShardOfAnInterruptedChange) {
  put(Store(folder), "a", "x");
  const fs::path usage = folder / "v1" / "usage";
  const unsigned shard = shard_of(key_of("a"));
  std::string text = read_file(usage);
  text.replace(64 + shard * 16, 8, std::string("\x00\x50\x00\x00\x00\x00\x00\x00", 8));
  write_over(usage, text);
  EXPECT_EQ(Store(folder).usage().bytes, 0x5000u) << "it is believed ...";
  text.replace(8, 2, std::string{static_cast<char>((shard + 1) & 0xFF), static_cast<char>((shard + 1) >> 8)});
  write_over(usage, text);
  EXPECT_EQ(Store(folder).usage(), (Usage{4096, 1})) << "... unless it is marked";
}

TEST_F(StoreTest, GoesOnInAFolderThatSomebodyRemoved) {
  const Store store(folder);
  put(store, "a", "x");
  fs::remove_all(folder);
  EXPECT_EQ(get(store, "a"), "none");
  EXPECT_TRUE(put(store, "b", "y"));
  EXPECT_EQ(get(store, "b"), "y");
  EXPECT_EQ(Store(folder).usage(), store.usage());
}

TEST_F(StoreTest, ReducesToBounds) {
  const Store store(folder);
  for (int i = 0; i < 10; ++i) {
    put(store, std::to_string(i), "x");
    age(std::to_string(i), 1000 * (10 - i));
  }
  EXPECT_EQ(store.reduce({}), Usage());
  EXPECT_EQ(store.reduce({.max_age = std::chrono::seconds(8500)}), (Usage{2 * 4096, 2}));
  EXPECT_EQ(store.reduce({.max_entries = 6}), (Usage{2 * 4096, 2}));
  EXPECT_EQ(store.reduce({.max_bytes = 5 * 4096}), (Usage{4096, 1}));
  EXPECT_EQ(get(store, "4"), "none");
  EXPECT_EQ(get(store, "5"), "x");
  EXPECT_EQ(store.usage(), (Usage{5 * 4096, 5}));
  EXPECT_EQ(store.reduce({.max_entries = 0}).entries, 5u);
  EXPECT_TRUE(entry_files().empty());
}

TEST_F(StoreTest, VerifyFindsDamageAndRemovesItWhenAsked) {
  const Store store(folder);
  put(store, "good", "x");
  put(store, "bad", "y");
  std::string text = read_file(file_of("bad"));
  text.back() = '!';
  write_over(file_of("bad"), text);
  for (const bool fix : {false, true}) {
    const Store::Verification result = store.verify(fix);
    EXPECT_EQ(result.good, (Usage{4096, 1}));
    ASSERT_EQ(result.damaged.size(), 1u);
    EXPECT_EQ(result.damaged[0], "[cache] the entry " + file_of("bad").string() + " is damaged");
  }
  EXPECT_TRUE(store.verify(false).damaged.empty());
  EXPECT_EQ(get(store, "good"), "x");
}

TEST_F(StoreTest, AnOldLeftOverOfAnInterruptedWriteIsRemoved) {
  const Store store(folder);
  put(store, "a", "x");
  const fs::path old = file_of("a").parent_path() / ".tmp-1";
  const fs::path young = file_of("a").parent_path() / ".tmp-2";
  for (const fs::path& path : {old, young}) write_over(path, "part");
  fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(2));
  EXPECT_EQ(store.verify(false).good.entries, 1u);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young)) << "somebody may be writing it";
}

TEST_F(StoreTest, ForEachVisitsInTheOrderOfKeys) {
  const Store store(folder);
  for (int i = 0; i < 50; ++i) put(store, std::to_string(i), "x");
  std::vector<Digest> keys;
  store.for_each([&](const EntryInfo& info) { keys.push_back(info.key); });
  EXPECT_EQ(keys.size(), 50u);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST_F(StoreTest, BackupsSeeThatItIsACache) {
  const Store store(folder);
  EXPECT_THAT(read_file(folder / "CACHEDIR.TAG"), testing::StartsWith("Signature: 8a477f597d28d172789f06886806bc55"));
}

TEST_F(StoreTest, AFolderThatCannotBeIsAnError) {
  write_over(folder / "file", "");
  EXPECT_EQ(refusal([&] { Store store(folder / "file"); }, ErrorCode::io),
            "[cache] cannot create " + (folder / "file").string() + ": Not a directory");
  EXPECT_EQ(refusal([&] { Store store(folder / "none", {.create = false}); }, ErrorCode::io),
            "[cache] there is no cache in " + (folder / "none").string());
  EXPECT_FALSE(fs::exists(folder / "none"));
}

TEST_F(StoreTest, TheDefaultLimitIsATenthOfTheDiskOrTenGigabytes) {
  const Store store(folder);
  EXPECT_GT(store.options().max_bytes, 0u);
  EXPECT_LE(store.options().max_bytes, std::min<std::uint64_t>(10'000'000'000, fs::space(folder).available / 5));
}

}  // namespace
}  // namespace thrum
