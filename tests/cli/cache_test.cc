#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"
#include "thrum/cache/memory.h"

namespace thrum::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class CacheCommand : public testing::Test {
 protected:
  CacheCommand() {
    const Memory memory(folder_.path());
    const auto square = memory.cache("square", "v1", [](int x) { return x * x; });
    for (int i = 0; i < 3; ++i) square(i);
    memory.cache("text", "v2", [](int n) { return std::string(static_cast<std::size_t>(n), 'x'); })(10'000);
  }

  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "cache");
    return run_thrum(arguments, {.environment = {{"THRUM_CACHE_DIR", folder_.path().string()}}});
  }
  json run_json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Outcome outcome = run(std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
  fs::path some_entry() const {
    for (const auto& found : fs::recursive_directory_iterator(folder_.path() / "v1")) {
      if (found.path().filename().string().size() == 30) return found.path();
    }
    return {};
  }

  TemporaryFolder folder_;
};

TEST_F(CacheCommand, LsListsTheResults) {
  const json all = run_json({"ls"});
  EXPECT_EQ(all.at("schema"), "thrum.cache.ls/1");
  EXPECT_EQ(all.at("folder"), folder_.path().string());
  EXPECT_EQ(all.at("entries").size(), 4u);
  const json text = run_json({"ls", "--function", "text"});
  ASSERT_EQ(text.at("entries").size(), 1u);
  const json& entry = text.at("entries")[0];
  EXPECT_EQ(entry.at("function"), "text");
  EXPECT_EQ(entry.at("version"), "v2");
  EXPECT_EQ(entry.at("disk_bytes"), 12288);
  EXPECT_GE(entry.at("compute_seconds"), 0);
  EXPECT_EQ(entry.at("key").get<std::string>().size(), 32u);
  EXPECT_THAT(entry.at("created").get<std::string>(), testing::MatchesRegex("20[0-9-]+T[0-9:]+Z"));
  EXPECT_THAT(run({"ls"}).out, HasSubstr("\nsquare    v1       4 bytes  < 1 ms  "));
}

TEST_F(CacheCommand, StatSumsUpByFunction) {
  const json stat = run_json({"stat"});
  EXPECT_EQ(stat.at("schema"), "thrum.cache.stat/1");
  EXPECT_EQ(stat.at("entries"), 4);
  EXPECT_EQ(stat.at("disk_bytes"), 3 * 4096 + 12288);
  EXPECT_EQ(stat.at("functions").at("square").at("entries"), 3);
  EXPECT_THAT(run({"stat"}).out, HasSubstr(": 4 entries, 24.0 KiB, computed in < 1 ms\n"));
}

TEST_F(CacheCommand, PruneKeepsWithinTheBounds) {
  const json pruned = run_json({"prune", "--max-entries", "2", "--max-bytes", "1G", "--max-age", "7d"});
  EXPECT_EQ(pruned.at("schema"), "thrum.cache.prune/1");
  EXPECT_EQ(pruned.at("removed").at("entries"), 2);
  EXPECT_EQ(pruned.at("left").at("entries"), 2);
  EXPECT_EQ(run_json({"prune", "--max-bytes", "0"}).at("left").at("entries"), 0);
}

TEST_F(CacheCommand, PruneNeedsABoundThatItUnderstands) {
  EXPECT_EQ(run({"prune"}).exit_code, 2);
  EXPECT_THAT(run({"prune"}).err,
              HasSubstr("[cache prune] expected at least one of --max-bytes, --max-entries and --max-age"));
  for (const char* wrong : {"1X", "G", "-1", "", "1 G", "1GG", "nan", "1e30"}) {
    const Outcome refused = run({"prune", "--max-bytes", wrong});
    EXPECT_EQ(refused.exit_code, 2) << wrong;
    EXPECT_THAT(refused.err, HasSubstr(std::string("expected a size such as 500M, 1G or 10GB, got \"") + wrong + '"'));
  }
}

TEST_F(CacheCommand, PruneRemovesNothingForAnAgeWithoutAUnit) {
  const Outcome refused = run({"prune", "--max-age", "7"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "thrum: error: [cache prune] --max-age: expected a time with its unit (s, m, h or d) such as 90s, 12h or "
            "7d, got \"7\"\n");
  EXPECT_EQ(run_json({"stat"}).at("entries"), 4);
}

TEST_F(CacheCommand, ClearRemovesAFunctionOrAll) {
  const json one = run_json({"clear", "--function", "square"});
  EXPECT_EQ(one.at("schema"), "thrum.cache.clear/1");
  EXPECT_EQ(one.at("removed").at("entries"), 3);
  EXPECT_EQ(run({"clear"}).out, "removed 1 entry, 12.0 KiB; left: 0 entries, 0 bytes\n");
  EXPECT_EQ(run({"ls"}).out, "no entries\n");
}

TEST_F(CacheCommand, VerifyFindsDamage) {
  EXPECT_EQ(run({"verify"}).out, "whole: 4 entries, 24.0 KiB\n");
  const fs::path entry = some_entry();
  folder_.write(fs::relative(entry, folder_.path()).string(), "no entry");
  const Outcome found = run({"verify"});
  EXPECT_EQ(found.exit_code, 3);
  EXPECT_THAT(found.out, HasSubstr("[cache] the entry " + entry.string() + " is cut off\n"));
  EXPECT_THAT(found.out, HasSubstr("damaged: 1, still there: --fix removes them\n"));
  EXPECT_EQ(found.err, "thrum: error: [cache verify] 1 of 4 results are damaged\n");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--json"}, {"--json", "--fix"}}) {
    folder_.write(fs::relative(entry, folder_.path()).string(), "no entry");
    std::vector<std::string> command = {"verify"};
    command.insert(command.end(), words.begin(), words.end());
    const Outcome as_json = run(command);
    EXPECT_EQ(as_json.exit_code, 3);
    EXPECT_EQ(as_json.err, "");
    const json object = json::parse(as_json.out);  // of one object, not of two
    EXPECT_EQ(object.at("schema"), "thrum.cache.verify/1");
    EXPECT_EQ(object.at("damaged").size(), 1u);
    EXPECT_EQ(object.at("error").at("code"), "corrupt_data");
    EXPECT_EQ(object.at("error").at("message"), "[cache verify] 1 of 4 results are damaged");
  }
  folder_.write(fs::relative(entry, folder_.path()).string(), "no entry");
  const Outcome fixed = run({"verify", "--fix"});
  EXPECT_EQ(fixed.exit_code, 3);
  EXPECT_THAT(fixed.out, HasSubstr("damaged: 1, removed\n"));
  EXPECT_EQ(run_json({"verify"}).at("entries"), 3);
}

TEST_F(CacheCommand, AFolderWithoutACacheIsAnErrorAndStaysAsItIs) {
  const TemporaryFolder other;
  const Outcome refused = run({"stat", "--dir", other.path().string()});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_EQ(refused.err, "thrum: error: [cache] there is no cache in " + other.path().string() + "\n");
  EXPECT_TRUE(other.names().empty());
  EXPECT_EQ(run_thrum({"cache", "ls"}).exit_code, 2) << "no folder named";
}

}  // namespace
}  // namespace thrum::test
