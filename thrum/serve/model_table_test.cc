#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "thrum/serve/model_table_internal.h"

namespace thrum::serving {
namespace {

std::unique_ptr<ModelTable> new_table() {
  return std::make_unique<ModelTable>();  // value-initialised: zero bytes
}

std::vector<std::string> entries_of(const ModelTable& table) {
  std::vector<std::string> texts;
  table.for_each([&](const ModelTable::Entry& entry) {
    texts.push_back(std::string(entry.name()) + " " + std::string(entry.second()) + " " +
                    std::to_string(entry.requests.load()));
  });
  return texts;
}

TEST(ModelTable, KeepsAnEntryPerVersion) {
  const auto table = new_table();
  ModelTable::Entry* first = table->find_or_add("iris", "1");
  ASSERT_NE(first, nullptr);
  first->count_prediction(1, 3, 10);
  first->count_prediction(2, 4, 10);
  EXPECT_NE(table->find_or_add("iris", "2"), first);
  EXPECT_EQ(table->find_or_add("iris", "1"), first);
  EXPECT_EQ(first->rows, 7u);
  EXPECT_EQ(first->executions, 2u);
  EXPECT_EQ(first->compute_ns, 20u);
  EXPECT_THAT(entries_of(*table), testing::UnorderedElementsAre("iris 1 3", "iris 2 0"));
}

TEST(ModelTable, HasOneEntryForAllWhoComeAtOnce) {
  const auto table = new_table();
  constexpr int n_threads = 5, n_models = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < n_threads; ++t) {
    threads.emplace_back([&] {
      for (int m = 0; m < n_models; ++m) table->find_or_add("m" + std::to_string(m), "1")->count_prediction(1, 1, 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> entries = entries_of(*table);
  EXPECT_EQ(entries.size(), static_cast<std::size_t>(n_models));
  for (const std::string& entry : entries) EXPECT_THAT(entry, testing::EndsWith(" 5"));
}

TEST(ModelTable, KnowsWhatIsUnloaded) {
  const auto table = new_table();
  table->find_or_add("iris", "1");
  EXPECT_FALSE(table->is_unloaded("iris"));
  table->set_unloaded("iris", true);
  EXPECT_TRUE(table->is_unloaded("iris"));
  EXPECT_FALSE(table->is_unloaded("adult"));
  EXPECT_THAT(entries_of(*table), testing::ElementsAre("iris 1 0"));
  table->set_unloaded("iris", false);
  EXPECT_FALSE(table->is_unloaded("iris"));
}

TEST(ModelTable, LeavesOutWhatDoesNotFit) {
  const auto table = new_table();
  EXPECT_EQ(table->find_or_add(std::string(129, 'x'), "1"), nullptr);
  EXPECT_EQ(table->find_or_add("iris", std::string(33, '1')), nullptr);
  EXPECT_NE(table->find_or_add(std::string(128, 'x'), std::string(32, '1')), nullptr);
  for (int i = 0; i < 4095; ++i) ASSERT_NE(table->find_or_add("m" + std::to_string(i), "1"), nullptr);
  EXPECT_EQ(table->find_or_add("one more", "1"), nullptr);
  EXPECT_NE(table->find_or_add("m7", "1"), nullptr);
}

}  // namespace
}  // namespace thrum::serving
