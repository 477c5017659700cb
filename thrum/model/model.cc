#include "thrum/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/data/feature_reader.h"
#include "thrum/model/direct_image_internal.h"
#include "thrum/model/linear/linear_regression_model.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/model/model_format_internal.h"
#include "thrum/model/open_model_file.h"
#include "thrum/model/prepared_model.h"
#include "thrum/model/prepared_predictor_internal.h"
#include "thrum/model/tree/tree_model.h"
#include "thrum/runtime/file.h"

namespace thrum {
namespace {

struct Algorithm {
  std::string_view name;
  std::unique_ptr<Model> (*read)(const ModelFile&, Schema, TrainingRecord);
  bool (*build)(const ModelFile&, const Schema&, UseImage) = nullptr;
};

// Every algorithm whose models can be loaded: static registration would be dropped from archives.
constexpr std::array algorithms = {
    Algorithm{LogisticRegressionModel::name, &LogisticRegressionModel::read, &build_logistic_regression},
    Algorithm{LogisticRegressionModel::sgd_classifier, &LogisticRegressionModel::read, &build_logistic_regression},
    Algorithm{LinearRegressionModel::sgd_regressor, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::linear_regression, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::ridge, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::lasso, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::elastic_net, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::poisson_regression, &LinearRegressionModel::read},
    Algorithm{LinearRegressionModel::gamma_regression, &LinearRegressionModel::read},
    Algorithm{"decision-tree", &TreeModel::read, &build_trees},
    Algorithm{"random-forest", &TreeModel::read, &build_trees},
    Algorithm{"extra-trees", &TreeModel::read, &build_trees},
    Algorithm{"gbdt", &TreeModel::read, &build_trees},
    Algorithm{"isolation-forest", &TreeModel::read, &build_trees},
};

std::string training_to_json(const TrainingRecord& training) {
  Json json = {{"rows", training.n_rows},           {"iterations", training.iterations},
               {"converged", training.converged},   {"objective", json_number(training.objective)},
               {"stopped_by", training.stopped_by}, {"options", Json::parse(training.options_json)}};
  if (!training.warnings.empty()) json["warnings"] = training.warnings;
  return json.dump();
}

std::vector<std::string> warnings_from_json(const Json& json, const ModelFile& file) {
  std::vector<std::string> warnings;
  if (!json.contains("warnings")) return warnings;
  const Json& list = json["warnings"];
  if (!list.is_array() || list.empty()) file.fail("has a training record of the wrong types");
  for (const Json& warning : list) {
    if (!warning.is_string()) file.fail("has a training record of the wrong types");
    warnings.push_back(warning.get<std::string>());
  }
  return warnings;
}

TrainingRecord training_from_json(const ModelFile& file) {
  const Json json = parse_json(file.metadata("training"), file.source());
  const auto member = [&](std::string_view key) -> const Json& { return json_member(json, key, file.source()); };
  if (!member("rows").is_number_unsigned() || !member("iterations").is_number_unsigned() ||
      !member("converged").is_boolean() || !member("stopped_by").is_string() || !member("options").is_object() ||
      json.size() != (json.contains("warnings") ? 7 : 6)) {
    file.fail("has a training record of the wrong types");
  }
  return {.n_rows = member("rows").get<std::size_t>(),
          .iterations = member("iterations").get<std::size_t>(),
          .converged = member("converged").get<bool>(),
          .objective = number_from_json(member("objective"), file.source()),
          .stopped_by = member("stopped_by").get<std::string>(),
          .options_json = member("options").dump(),
          .warnings = warnings_from_json(json, file)};
}

const Algorithm& algorithm_of(const ModelFile& file) {
  const std::string& name = file.metadata("algorithm");
  const auto found = std::ranges::find(algorithms, name, &Algorithm::name);
  if (found == algorithms.end()) file.fail(fmt::format("holds a {}, which this build does not know", in_quotes(name)));
  return *found;
}

Schema schema_of(const ModelFile& file) {
  check_format(file, "model");
  algorithm_of(file);
  return Schema::from_json(file.metadata("schema"), file.source());
}

/// Of what a pipeline makes of raw columns.
Schema prepared_schema(const Pipeline& pipeline, const Schema& schema) {
  return {.features = pipeline.outputs(), .target = schema.target};
}

std::unique_ptr<Model> read_model(const ModelFile& file, Schema schema) {
  const Algorithm& algorithm = algorithm_of(file);
  if (!file.has_metadata("pipeline")) return algorithm.read(file, std::move(schema), training_from_json(file));
  Pipeline pipeline = Pipeline::from_json(file.metadata("pipeline"), schema.features, file.source());
  auto model = algorithm.read(file, prepared_schema(pipeline, schema), training_from_json(file));
  return std::make_unique<PreparedModel>(std::move(schema), std::move(pipeline), std::move(model));
}

/// The image of the model is there for a while, as it has a size and a checksum of its own.
bool build_prepared_image(const ModelFile& file, const Schema& schema, UseImage use) {
  const Pipeline pipeline = Pipeline::from_json(file.metadata("pipeline"), schema.features, file.source());
  return algorithm_of(file).build(file, prepared_schema(pipeline, schema), [&](const ModelFileBuilder& image) {
    const std::vector<std::byte> inner = image.bytes();
    use(prepared_image(schema, pipeline, inner));
  });
}

}  // namespace

void add_format(ModelFileBuilder& file, std::string_view kind) {
  file.add_metadata("thrum", std::string(kind));
  file.add_metadata("format_version", std::string(format_version));
}

void check_format(const ModelFile& file, std::string_view kind) {
  if (file.metadata("thrum") != kind) {
    file.fail(fmt::format("is a Thrum {}, not a {}", file.metadata("thrum"), kind));
  }
  if (file.metadata("format_version") != format_version) {
    file.fail(fmt::format("has format version {}; this build reads version {}", file.metadata("format_version"),
                          format_version));
  }
}

std::vector<std::byte> serialize(const Model& model) {
  ModelFileBuilder file;
  add_format(file, "model");
  file.add_metadata("algorithm", std::string(model.algorithm()));
  file.add_metadata("schema", model.schema().to_json());
  file.add_metadata("training", training_to_json(model.training()));
  model.write(file);
  return file.bytes();
}

void save_model(const Model& model, const std::filesystem::path& path, const std::stop_token& stop) {
  constexpr std::size_t piece = std::size_t{4} << 20;
  const std::vector<std::byte> bytes = serialize(model);
  write_file(path, [&](FileWriter& writer) {
    for (ByteSpan rest = bytes; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
      if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "[save] a stop was requested before it was done");
      writer.write(rest.first(std::min(piece, rest.size())));
    }
  });
}

std::unique_ptr<Model> load_model(const std::filesystem::path& path) {
  return OpenModelFile(path).model();
}

OpenModelFile::OpenModelFile(const std::filesystem::path& path, std::stop_token stop)
    : stop_(std::move(stop)), copy_(path, stop_), file_(copy_.bytes(), path.string()), schema_(schema_of(file_)) {
  check_stop();
}

std::unique_ptr<Model> OpenModelFile::model() const {
  std::unique_ptr<Model> model = read_model(file_, schema_);
  check_stop();
  return model;
}

void OpenModelFile::check_stop() const {
  if (stop_.stop_requested()) throw Error(ErrorCode::cancelled, "[load] a stop was requested before it was done");
}

bool OpenModelFile::build_image(UseImage use) const {
  const Algorithm& algorithm = algorithm_of(file_);
  if (algorithm.build == nullptr) return false;
  training_from_json(file_);
  return file_.has_metadata("pipeline") ? build_prepared_image(file_, schema_, use)
                                        : algorithm.build(file_, schema_, use);
}

std::unique_ptr<Model> deserialize(ByteSpan bytes, std::string_view source) {
  const std::vector<std::byte> aligned(bytes.begin(), bytes.end());
  const ModelFile file(aligned, std::string(source));
  return read_model(file, schema_of(file));
}

std::vector<double> explain(const Model& model, const Table& table, const Execution& execution) {
  constexpr std::size_t batch_rows = 256;
  const std::vector<std::byte> image = model.compile_to_explain();
  const auto predictor = open_predictor(image);
  if (predictor->n_margins() == 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[explain] this {} does not explain itself: some of its prepared columns are made of "
                            "several together, as by polynomial, normalize or hashing",
                            model.algorithm()),
                "thrum explain shows what the prepared columns add, thrum importance explains any model");
  }
  const FeatureReader reader(model.schema(), table);
  const std::size_t width = predictor->n_margins() * (reader.n_features() + 1);
  std::vector<double> contributions(table.n_rows() * width);
  parallel_for(
      *execution.arena, table.n_rows(), batch_rows,
      [&](std::size_t begin, std::size_t end) {
        std::vector<double> buffer((end - begin) * reader.n_features());
        const MatrixView<double> rows(buffer.data(), end - begin, reader.n_features());
        reader.read(begin, rows);
        predictor->explain(rows, {contributions.data() + begin * width, end - begin, width});
      },
      execution.stop);
  return contributions;
}

}  // namespace thrum
