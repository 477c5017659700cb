#include <gtest/gtest.h>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum::serving {
namespace {

std::vector<double> outputs_of(const Predictor& predictor) {
  const std::vector<double> row = {39, 1, 45};
  std::vector<double> outputs(2);
  predictor.predict({row.data(), 1, 3}, {outputs.data(), 1, 2});
  return outputs;
}

TEST(ModelSet, OpensWhatItShared) {
  const std::vector<std::byte> compiled = people_model()->compile();
  ModelSet set{.models = {{"people", "1", compiled}, {"é \"quoted\"", "20", compiled}}, .unloaded = {{"old", "3"}}};
  const SharedBytes shared(share(std::move(set)).get());
  const std::vector<ServedModel> models = open_models(shared.bytes());
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name, "people");
  EXPECT_EQ(models[1].name, "é \"quoted\"");
  EXPECT_EQ(models[1].version, "20");
  const std::vector<double> expected = outputs_of(*open_predictor(compiled));
  EXPECT_GT(expected[0], 0);
  for (const ServedModel& model : models) EXPECT_EQ(outputs_of(*model.predictor), expected);
  const std::vector<ServedModel> unloaded = open_unloaded(shared.bytes());
  ASSERT_EQ(unloaded.size(), 1u);
  EXPECT_EQ(unloaded[0].name + " " + unloaded[0].version, "old 3");
}

TEST(ModelSet, KeepsTheFirstModelWhereItIs) {
  const std::vector<std::byte> compiled = people_model()->compile();
  ModelSet set{.models = {{"people", "1"}, {"more", "1", compiled}}, .first = {create_memfd("first"), compiled.size()}};
  write_memfd(set.first.fd.get(), 0, compiled);
  const int first = set.first.fd.get();
  const UniqueFd fd = share(std::move(set));
  EXPECT_EQ(fd.get(), first);
  const SharedBytes shared(fd.get());
  const std::vector<ServedModel> models = open_models(shared.bytes());
  ASSERT_EQ(models.size(), 2u);
  for (const ServedModel& model : models)
    EXPECT_EQ(outputs_of(*model.predictor), outputs_of(*open_predictor(compiled)));
}

TEST(ModelSet, MayBeEmpty) {
  const SharedBytes shared(share({}).get());
  EXPECT_TRUE(open_models(shared.bytes()).empty());
  EXPECT_TRUE(open_unloaded(shared.bytes()).empty());
}

TEST(ModelSet, RefusesAnImageThatIsCutShort) {
  const SharedBytes shared(share({.models = {{"people", "1", people_model()->compile()}}}).get());
  const ByteSpan image = shared.bytes();
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, image.size() - 1}) {
    EXPECT_THROW(open_models(image.first(size)), Error) << size;
  }
  EXPECT_THROW(open_models(image.last(image.size() - 64)), Error);
}

}  // namespace
}  // namespace thrum::serving
