#include "thrum/model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stop_token>
#include <string>

#include "thrum/core/most_probable.h"
#include "thrum/core/refusal_test.h"
#include "thrum/model/model_fixture_test.h"
#include "thrum/model/open_model_file.h"
#include "thrum/model/prepared_fixture_test.h"
#include "thrum/model/tree/tree_fixture_test.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string load_error(std::string_view content) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("x.thrum", std::string(content));
  const std::string message = test::refusal([&] { load_model(path); }, ErrorCode::corrupt_data);
  EXPECT_THAT(message, StartsWith("[" + path + "] "));
  return message.substr(message.find(']') + 2);
}

TEST(Model, IsTheSameAfterSavingAndLoading) {
  const test::TemporaryFolder folder;
  const auto model = model_test::three_class_model();
  save_model(model, folder.file("a.thrum"));
  const auto read = load_model(folder.file("a.thrum"));
  EXPECT_EQ(read->algorithm(), "logistic-regression");
  EXPECT_EQ(read->schema().to_json(), model.schema().to_json());
  EXPECT_EQ(read->training().n_rows, 100u);
  EXPECT_EQ(read->training().iterations, 7u);
  EXPECT_TRUE(read->training().converged);
  EXPECT_EQ(read->training().objective, 0.25);
  EXPECT_EQ(read->training().stopped_by, "gradient");
  EXPECT_EQ(read->training().options_json, R"({"C":1.0,"max_iter":100})");
  const auto& parts = dynamic_cast<const LogisticRegressionModel&>(*read).parts();
  EXPECT_EQ(parts.coefficients, model.parts().coefficients);
  EXPECT_EQ(parts.intercepts, model.parts().intercepts);
  EXPECT_EQ(parts.kkt, 1e-9);
  EXPECT_EQ(read->description(), model.description());
  EXPECT_EQ(read->compile(), model.compile());
}

TEST(Model, IsNotSavedAfterAStop) {
  const test::TemporaryFolder folder;
  folder.write("a.thrum", "the old model");
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(
      test::refusal([&] { save_model(model_test::three_class_model(), folder.file("a.thrum"), source.get_token()); },
                    ErrorCode::cancelled),
      "[save] a stop was requested before it was done");
  EXPECT_THAT(folder.names(), ElementsAre("a.thrum"));
  EXPECT_EQ(std::filesystem::file_size(folder.file("a.thrum")), std::string("the old model").size());
}

TEST(Model, EqualModelsGiveEqualBytes) {
  const auto bytes = serialize(model_test::two_class_model());
  EXPECT_EQ(serialize(model_test::two_class_model()), bytes);
  EXPECT_EQ(serialize(*deserialize(bytes, "a.thrum")), bytes);
  EXPECT_NE(serialize(model_test::three_class_model()), bytes);
}

TEST(Model, KeepsATrainingRecordWhoseObjectiveIsNotFinite) {
  auto parts = model_test::two_class_model().parts();
  parts.training.objective = std::numeric_limits<double>::infinity();
  const auto read = deserialize(serialize(LogisticRegressionModel(std::move(parts))), "a.thrum");
  EXPECT_EQ(read->training().objective, std::numeric_limits<double>::infinity());
}

TEST(Model, KeepsTheWarningsOfItsTraining) {
  auto parts = model_test::two_class_model().parts();
  parts.training.warnings = {"one", "two"};
  const auto read = deserialize(serialize(LogisticRegressionModel(std::move(parts))), "a.thrum");
  EXPECT_EQ(read->training().warnings, (std::vector<std::string>{"one", "two"}));
}

TEST(Model, IsReadFromBytesOfAnyAlignment) {
  const auto bytes = serialize(model_test::two_class_model());
  for (std::size_t shift = 0; shift < 16; ++shift) {
    std::vector<std::byte> shifted(bytes.size() + shift);
    std::ranges::copy(bytes, shifted.begin() + static_cast<std::ptrdiff_t>(shift));
    EXPECT_EQ(serialize(*deserialize(ByteSpan(shifted).subspan(shift), "a.thrum")), bytes);
  }
}

/// What an open file of the model builds, though its bytes are gone from the disk, and what the model compiles, without
/// its checksum. Empty where it builds none.
struct Images {
  std::vector<std::byte> built = {};
  std::vector<std::byte> compiled = {};
};

Images images_of(const Model& model) {
  const test::TemporaryFolder folder;
  save_model(model, folder.file("a.thrum"));
  const OpenModelFile file(folder.file("a.thrum"));
  std::filesystem::resize_file(folder.file("a.thrum"), 0);
  EXPECT_EQ(file.algorithm(), model.algorithm());
  EXPECT_EQ(file.schema().to_json(), model.schema().to_json());
  EXPECT_EQ(serialize(*file.model()), serialize(model));
  Images images{.compiled = model.compile()};
  constexpr std::size_t checksum_at = 8 + sizeof(R"({"__metadata__":{"checksum":")") - 1;
  std::memset(images.compiled.data() + checksum_at, '0', 32);
  file.build_image([&](const ModelFileBuilder& image) {
    images.built.resize(images.compiled.size());
    const std::size_t size = image.put_unchecked([&](std::size_t offset, ByteSpan bytes) {
      std::ranges::copy(bytes, images.built.begin() + static_cast<std::ptrdiff_t>(offset));
    });
    EXPECT_EQ(size, images.built.size());
  });
  return images;
}

TreeModel forest(std::size_t n_leaves, bool has_double_thresholds) {
  const Schema schema = model_test::tree_schema(3, {5, 70, 1001}, 3);
  const model_test::RandomTrees wish = {.n_trees = 3,
                                        .n_leaves = n_leaves,
                                        .leaf_width = 3,
                                        .n_margins = 3,
                                        .link = Link::clip,
                                        .double_thresholds = has_double_thresholds,
                                        .missing_both_ways = true};
  return model_test::tree_model("random-forest", schema, model_test::random_ensemble(schema, wish));
}

TEST(OpenModelFile, BuildsTheImageThatItsModelCompiles) {
  for (const Images& images : {images_of(model_test::two_class_model()), images_of(model_test::three_class_model()),
                               images_of(forest(300, false)), images_of(forest(300, true)),
                               images_of(model_test::prepared_model(model_test::raw_dataset(300)))}) {
    EXPECT_FALSE(images.built.empty());
    EXPECT_EQ(images.built, images.compiled);
    EXPECT_THAT(test::refusal([&] { open_predictor(images.built); }, ErrorCode::corrupt_data), HasSubstr("checksum"));
    const Schema schema = open_predictor(images.built, Origin::own)->schema();
    EXPECT_GT(schema.features.size(), 0u);
  }
}

TEST(OpenModelFile, StaysTheModelThatWasCheckedWhenAnotherIsWrittenOverIt) {
  const test::TemporaryFolder folder;
  const auto model = model_test::two_class_model();
  LogisticRegressionModel::Parts parts = model.parts();
  parts.coefficients[0] = -0.5;
  const std::vector<std::byte> other = serialize(LogisticRegressionModel(std::move(parts)));
  const std::string path = folder.file("a.thrum");
  save_model(model, path);
  ASSERT_EQ(std::filesystem::file_size(path), other.size());
  const OpenModelFile file(path);
  std::fstream(path, std::ios::in | std::ios::out) << text_of(other);
  EXPECT_EQ(serialize(*load_model(path)), other);
  EXPECT_EQ(serialize(*file.model()), serialize(model));
  EXPECT_TRUE(file.build_image([&](const ModelFileBuilder& image) { EXPECT_EQ(image.bytes(), model.compile()); }));
}

TEST(OpenModelFile, StopsOnRequest) {
  const test::TemporaryFolder folder;
  save_model(model_test::two_class_model(), folder.file("a.thrum"));
  std::stop_source source;
  const OpenModelFile file(folder.file("a.thrum"), source.get_token());
  EXPECT_NE(file.model(), nullptr);
  source.request_stop();
  EXPECT_EQ(test::refusal([&] { file.model(); }, ErrorCode::cancelled),
            "[load] a stop was requested before it was done");
}

TEST(OpenModelFile, LeavesToTheModelWhatItMustSeeAsAWhole) {
  EXPECT_TRUE(images_of(model_test::regression_model()).built.empty());
  EXPECT_TRUE(images_of(forest(256, false)).built.empty());
}

TEST(OpenModelFile, TellsTheDamageFirstWhereItIsLarge) {
  ModelFileBuilder builder;
  builder.add_metadata("thrum", "model");
  builder.add_tensor<double>("x", {std::size_t{3} << 20}, std::vector<double>(std::size_t{3} << 20));
  std::vector<std::byte> bytes = builder.bytes();
  EXPECT_EQ(test::refusal([&] { ModelFile(bytes, "a").metadata("y"); }, ErrorCode::corrupt_data),
            "[a] lacks the metadata \"y\"");
  const double infinity = std::numeric_limits<double>::infinity();
  std::memcpy(bytes.data() + bytes.size() - sizeof infinity, &infinity, sizeof infinity);
  EXPECT_EQ(test::refusal([&] { ModelFile(bytes, "a"); }, ErrorCode::corrupt_data),
            "[a] is damaged or cut off: the checksum does not match the content");
  EXPECT_EQ(test::refusal([&] { ModelFile(ByteSpan(bytes).first(bytes.size() - 64), "a"); }, ErrorCode::corrupt_data),
            "[a] is damaged or cut off: the checksum does not match the content");
}

TEST(ModelLoading, SaysSoWhenTheFileIsSomethingElse) {
  constexpr auto other = "is not a Thrum model file, or only its beginning";
  EXPECT_EQ(load_error(""), other);
  EXPECT_EQ(load_error("age,income\n39,>50K\n"), other);
  EXPECT_EQ(load_error("age,income\n" + std::string(1000, '1')), other);
  EXPECT_EQ(load_error(std::string("PK\x03\x04\x14\0\0\0", 8) + std::string(200, '\0')), other);
  EXPECT_EQ(load_error("\x80\x04\x95" + std::string(200, '.')), other);
  EXPECT_EQ(
      load_error(std::string("\x58\0\0\0\0\0\0\0", 8) +
                 R"({"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}                            )" + "1234"),
      other);
}

TEST(ModelLoading, NamesAFileThatIsNotThere) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(test::refusal([&] { load_model(folder.file("none.thrum")); }, ErrorCode::io), HasSubstr("none.thrum"));
}

/// A model's file with other metadata.
std::string error_with(std::string_view key, const std::string& text) {
  const auto model = model_test::two_class_model();
  const auto bytes = serialize(model);
  const ModelFile original(bytes, "original");
  ModelFileBuilder builder;
  for (const char* name : {"thrum", "format_version", "algorithm", "schema", "training"}) {
    if (name == key && text.empty()) continue;
    builder.add_metadata(name, name == key ? text : original.metadata(name));
  }
  model.write(builder);
  return test::refusal([&] { deserialize(builder.bytes(), "a.thrum"); }, ErrorCode::corrupt_data);
}

TEST(ModelLoading, NamesTheVersionsThatThisBuildReads) {
  EXPECT_EQ(error_with("format_version", "2"), "[a.thrum] has format version 2; this build reads version 1");
  EXPECT_EQ(error_with("format_version", "1.0"), "[a.thrum] has format version 1.0; this build reads version 1");
}

TEST(ModelLoading, RefusesMissingMarks) {
  EXPECT_EQ(error_with("thrum", ""), "[a.thrum] lacks the metadata \"thrum\"");
  EXPECT_EQ(error_with("format_version", ""), "[a.thrum] lacks the metadata \"format_version\"");
  EXPECT_EQ(error_with("schema", ""), "[a.thrum] lacks the metadata \"schema\"");
}

TEST(ModelLoading, TellsAModelFromItsCompiledForm) {
  EXPECT_EQ(
      test::refusal([] { deserialize(model_test::two_class_model().compile(), "a.thrum"); }, ErrorCode::corrupt_data),
      "[a.thrum] is a Thrum predictor, not a model");
  EXPECT_EQ(test::refusal([] { open_predictor(serialize(model_test::two_class_model())); }, ErrorCode::corrupt_data),
            "[predictor] is a Thrum model, not a predictor");
}

TEST(ModelLoading, RefusesAlgorithmsThatItDoesNotKnow) {
  EXPECT_EQ(error_with("algorithm", "crystal-ball"),
            "[a.thrum] holds a \"crystal-ball\", which this build does not know");
}

TEST(ModelLoading, RefusesMetadataThatDoesNotFit) {
  EXPECT_THAT(error_with("schema", "{"), StartsWith("[a.thrum] not valid JSON"));
  EXPECT_EQ(error_with("schema", R"({"features":[{"name":"x","type":"number"}],)"
                                 R"("target":{"name":"y","task":"regression","classes":[]}})"),
            "[a.thrum] is a logistic regression of a regression target");
  EXPECT_EQ(error_with("schema", R"({"features":[{"name":"x","type":"number"}],)"
                                 R"("target":{"name":"y","task":"classification","classes":["a","b"]}})"),
            "[a.thrum] has the tensor \"encoder.mean\" in another type or shape than it needs");
  EXPECT_EQ(error_with("training", "[]"), "[a.thrum] expected a JSON object");
  for (const std::string warnings : {"[]", "[1]", "\"one\""}) {
    EXPECT_EQ(error_with("training", R"({"rows":1,"iterations":1,"converged":true,"objective":0,"stopped_by":"",)"
                                     R"("options":{},"warnings":)" +
                                         warnings + "}"),
              "[a.thrum] has a training record of the wrong types");
  }
  const std::string record =
      R"({"rows":-1,"iterations":1,"converged":true,"objective":0,"stopped_by":"","options":{}})";
  EXPECT_EQ(error_with("training", record), "[a.thrum] has a training record of the wrong types");
  EXPECT_EQ(error_with("training", R"({"rows":1,"iterations":1,"converged":true,"objective":0,"stopped_by":"",)"
                                   R"("options":{},"host":"x"})"),
            "[a.thrum] has a training record of the wrong types");
}

/// A model's file in which one tensor has another value.
std::string error_with_value(std::string_view tensor, std::size_t i, auto value) {
  auto bytes = serialize(model_test::two_class_model());
  const ModelFile original(bytes, "original");
  ModelFileBuilder builder;
  for (const char* name : {"thrum", "format_version", "algorithm", "schema", "training"}) {
    builder.add_metadata(name, original.metadata(name));
  }
  for (const auto& [name, t] : original.tensors()) {
    if (name.starts_with("padding.")) continue;
    std::vector<std::byte> data(t.data.begin(), t.data.end());
    if (name == tensor) std::memcpy(data.data() + i * sizeof value, &value, sizeof value);
    if (t.dtype == DType::f64) {
      builder.add_tensor<double>(name, t.shape, {reinterpret_cast<const double*>(data.data()), data.size() / 8});
    } else {
      builder.add_tensor<std::uint8_t>(name, t.shape,
                                       {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()});
    }
  }
  return test::refusal([&] { deserialize(builder.bytes(), "a.thrum"); }, ErrorCode::corrupt_data);
}

TEST(ModelLoading, RefusesValuesThatCannotBe) {
  EXPECT_EQ(error_with_value("kkt", 0, 0.5), "no error");
  EXPECT_EQ(error_with_value("encoder.scale", 1, 0.0), "[a.thrum] encodes the feature \"hours\" wrongly");
  EXPECT_EQ(error_with_value("encoder.scale", 0, -1.0), "[a.thrum] encodes the feature \"age\" wrongly");
  EXPECT_EQ(error_with_value("encoder.missing_column", 0, std::uint8_t{1}),
            "[a.thrum] encodes the feature \"age\" wrongly");
  EXPECT_EQ(error_with_value("encoder.missing_column", 3, std::uint8_t{2}),
            "[a.thrum] encodes the feature \"sky\" wrongly");
  EXPECT_EQ(error_with_value("coefficients", 2, std::numeric_limits<double>::quiet_NaN()),
            "[a.thrum] has a value that is not finite in the tensor \"coefficients\"");
}

/// 1000 rows with every kind of value, in other columns' order than the schema's.
Table table_of_rows(std::size_t n) {
  std::vector<double> age(n), hours(n);
  std::vector<std::string> work(n), sky(n);
  std::vector<std::uint8_t> missing(n);
  for (std::size_t i = 0; i < n; ++i) {
    age[i] = static_cast<double>(i % 83) - 7.25;
    hours[i] = i % 13 == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i % 60);
    work[i] = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "new";
    missing[i] = i % 7 == 0 ? 1 : 0;
    sky[i] = i % 2 == 0 ? "blue" : "grey";
  }
  return Table({Column::category_from("sky", sky), Column::category_from("work", work, missing),
                Column::float64("hours", hours), Column::float64("age", age)});
}

TEST(Predict, IsTheSameForAnyNumberOfThreadsAndRows) {
  const auto model = model_test::three_class_model();
  const Table table = table_of_rows(1000);
  const LocalExecution sequential(1, 0, Backend::sequential);
  const auto expected = predict(model, table, sequential);
  ASSERT_EQ(expected.size(), 3000u);
  for (const int threads : {1, 2, 5}) {
    const LocalExecution local(threads);
    EXPECT_EQ(predict(model, table, local), expected) << threads;
  }
  const auto first = predict(model, table_of_rows(10), sequential);
  EXPECT_EQ(first, std::vector<double>(expected.begin(), expected.begin() + 30));
}

TEST(Predict, OfNoRowsIsEmpty) {
  const LocalExecution local(1);
  EXPECT_TRUE(predict(model_test::two_class_model(), table_of_rows(0), local).empty());
}

TEST(Predict, NamesAMissingColumn) {
  const LocalExecution local(1);
  const Table table({Column::int64("age", {1})}, "new.csv");
  EXPECT_EQ(test::refusal([&] { predict(model_test::two_class_model(), table, local); }),
            "column \"hours\" is not in new.csv");
}

TEST(Predict, StopsOnRequest) {
  LocalExecution local(2);
  std::stop_source source;
  source.request_stop();
  local.get().stop = source.get_token();
  EXPECT_NE(
      test::refusal([&] { predict(model_test::two_class_model(), table_of_rows(9), local); }, ErrorCode::cancelled),
      "no error");
}

TEST(MostProbable, TakesTheFirstOfEquals) {
  const std::vector<double> p = {0.2, 0.4, 0.4, 1, 0, 0, 0.1, 0.2, 0.7};
  EXPECT_THAT(most_probable({p.data(), 3, 3}), ElementsAre(1, 0, 2));
}

}  // namespace
}  // namespace thrum
