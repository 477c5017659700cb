// Whatever stands in the tensors of trees, with a checksum that fits: it is refused, or it predicts. Sanitizers watch.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/explaining_trees_internal.h"
#include "thrum/model/tree/general_trees_internal.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

using model_test::RandomTrees;
using model_test::tree_schema;

constexpr const char* metadata_keys[] = {"thrum",    "format_version", "algorithm",    "engine",       "schema",
                                         "training", "link",           "float_inputs", "vector_leaves"};

template <class T>
void add(ModelFileBuilder& file, const std::string& name, const ModelFile::Tensor& tensor,
         const std::vector<std::byte>& data) {
  file.add_tensor<T>(name, tensor.shape, {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)});
}

void add_tensor(ModelFileBuilder& file, const std::string& name, const ModelFile::Tensor& tensor,
                const std::vector<std::byte>& data) {
  switch (tensor.dtype) {
    case DType::u8:
      return add<std::uint8_t>(file, name, tensor, data);
    case DType::i32:
      return add<std::int32_t>(file, name, tensor, data);
    case DType::i64:
      return add<std::int64_t>(file, name, tensor, data);
    case DType::u64:
      return add<std::uint64_t>(file, name, tensor, data);
    case DType::f32:
      return add<float>(file, name, tensor, data);
    case DType::f64:
      return add<double>(file, name, tensor, data);
  }
}

/// The file with one value of one tensor replaced, as `round` chooses.
std::vector<std::byte> damaged(const std::vector<std::byte>& bytes, std::uint64_t round) {
  const Random random(17, round);
  const ModelFile original(bytes, "original");
  ModelFileBuilder file;
  for (const char* key : metadata_keys) {
    if (original.has_metadata(key)) file.add_metadata(key, original.metadata(key));
  }
  std::vector<std::string> names;
  for (const auto& [name, tensor] : original.tensors()) {
    if (!name.starts_with("padding.") && !tensor.data.empty()) names.push_back(name);
  }
  const std::string& chosen = names[random.below(0, names.size())];
  for (const auto& [name, tensor] : original.tensors()) {
    if (name.starts_with("padding.")) continue;
    std::vector<std::byte> data(tensor.data.begin(), tensor.data.end());
    if (name == chosen) {
      constexpr std::int64_t values[] = {0,       1,  2,  255,       256,       511,       65535,
                                         1 << 20, -1, -2, INT32_MAX, INT32_MIN, 0x7f800001};
      const std::size_t width = std::size_t{1} << random.below(1, 3);
      const std::size_t at = random.below(2, data.size() - std::min(data.size() - 1, width));
      std::memcpy(data.data() + at, &values[random.below(3, std::size(values))], std::min(width, data.size() - at));
    }
    add_tensor(file, name, tensor, data);
  }
  return file.bytes();
}

/// Predicts blocks and single rows with an image.
void predict_rows(const std::vector<std::byte>& image, Origin origin) {
  const auto predictor = open_predictor(image, origin);
  const Schema& schema = predictor->schema();
  const auto rows = model_test::random_rows(schema, 50, 3);
  for (const std::size_t n : {std::size_t{1}, std::size_t{50}}) {
    std::vector<double> outputs(n * predictor->n_outputs());
    predictor->predict({rows.data(), n, schema.features.size()}, {outputs.data(), n, predictor->n_outputs()});
    for (const double p : outputs) EXPECT_TRUE(p >= 0 && p <= 1) << p;
  }
  std::vector<double> contributions(predictor->n_margins() * (schema.features.size() + 1));
  if (contributions.empty()) return;
  predictor->explain({rows.data(), 1, schema.features.size()}, {contributions.data(), 1, contributions.size()});
}

void predict_image(const std::vector<std::byte>& image) {
  predict_rows(image, Origin::anywhere);
}

/// How often damage was refused, of `rounds`.
template <class Open>
int refusals(const std::vector<std::byte>& bytes, int rounds, Open open) {
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    try {
      open(damaged(bytes, static_cast<std::uint64_t>(round)));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
      ++refused;
    }
  }
  return refused;
}

struct Kind {
  const char* name;
  std::vector<std::byte> (*compile)(const TreeEnsemble&, const Schema&);
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

class HostileTrees : public testing::TestWithParam<Kind> {};

TEST_P(HostileTrees, AreRefusedOrPredict) {
  constexpr int rounds = 400;
  const RandomTrees boosted = {
      .n_trees = 4, .n_leaves = 9, .n_margins = 3, .link = Link::softmax, .missing_both_ways = true};
  const RandomTrees forest = {.n_trees = 3, .n_leaves = 7, .leaf_width = 3, .n_margins = 3, .link = Link::clip};
  for (const RandomTrees& wish : {boosted, forest}) {
    const Schema schema =
        tree_schema(3, wish.leaf_width > 1 ? std::vector<std::size_t>{5} : std::vector<std::size_t>(), 3);
    const int refused = refusals(GetParam().compile(random_ensemble(schema, wish), schema), rounds, &predict_image);
    EXPECT_GT(refused, rounds / 10);
    EXPECT_LT(refused, rounds);
  }
}

TEST(HostileLists, AreRefusedOrPredict) {
  constexpr int rounds = 400;
  const Schema schema = tree_schema(0, {1001}, 2);
  const auto ensemble = model_test::random_ensemble(schema, {.n_trees = 2, .n_leaves = 9, .link = Link::logistic});
  for (const auto compile : {&compile_general_trees, &compile_deep_trees}) {
    const int refused = refusals(compile(ensemble, schema), rounds, &predict_image);
    EXPECT_GT(refused, rounds / 10);
    EXPECT_LT(refused, rounds);
  }
}

std::vector<std::byte> compile_explaining(const TreeEnsemble& ensemble, const Schema& schema) {
  return compile_explaining_trees(ensemble, schema, compile_byte_trees(ensemble, schema));
}

INSTANTIATE_TEST_SUITE_P(All, HostileTrees,
                         testing::Values(Kind{"Byte", &compile_byte_trees}, Kind{"Deep", &compile_deep_trees},
                                         Kind{"General", &compile_general_trees},
                                         Kind{"Explaining", &compile_explaining}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(HostileTreeModel, IsRefusedOrPredicts) {
  constexpr int rounds = 800;
  const Schema schema = tree_schema(3, {5, 1001}, 3);
  const auto model = model_test::tree_model(
      "gbdt", schema,
      model_test::random_ensemble(schema, {.n_trees = 4, .n_leaves = 9, .n_margins = 3, .link = Link::softmax}));
  const int refused = refusals(serialize(model), rounds, [](const std::vector<std::byte>& bytes) {
    const auto read = deserialize(bytes, "a.thrum");
    predict_image(read->compile());
    predict_rows(read->compile(), Origin::own);
    predict_image(read->compile_to_explain());
    predict_rows(read->compile_to_explain(), Origin::own);
    const auto& ensemble = dynamic_cast<const TreeModel&>(*read).ensemble();
    predict_rows(compile_deep_trees(ensemble, read->schema()), Origin::own);
    predict_rows(compile_general_trees(ensemble, read->schema()), Origin::own);
  });
  EXPECT_GT(refused, rounds / 10);
  EXPECT_LT(refused, rounds);
}

}  // namespace
}  // namespace thrum
