#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"
#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/data/table.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"

namespace thrum {

/// How training went, as stored with the model: no times, hosts, paths, thread or rank counts, so that the file does
/// not depend on them.
struct TrainingRecord {
  std::size_t n_rows = 0;
  std::size_t iterations = 0;
  bool converged = false;
  double objective = 0;                    ///< NaN where the algorithm has none
  std::string stopped_by = {};             ///< the test that ended training, for people
  std::string options_json = "{}";         ///< the learner's options, one JSON object
  std::vector<std::string> warnings = {};  ///< about the data, such as a column that could not be used
};

/// A trained model: immutable, thread-safe to read, with everything that is needed to predict from raw named columns.
class Model {
 public:
  virtual ~Model() = default;

  /// The learner's name: "logistic-regression".
  virtual std::string_view algorithm() const noexcept = 0;
  virtual const Schema& schema() const noexcept = 0;
  virtual const TrainingRecord& training() const noexcept = 0;

  /// What is particular to the algorithm, such as coefficients with their names: lines of text for `thrum inspect`.
  virtual std::string description() const = 0;
  /// The same as one JSON object.
  virtual std::string description_json() const = 0;

  /// Adds the tensors and metadata of this algorithm.
  virtual void write(ModelFileBuilder& file) const = 0;

  /// The compiled form that predicts, and that several processes can share: pointer-free bytes for Predictor::open.
  virtual std::vector<std::byte> compile() const = 0;

  /// The same, and able to explain (see Predictor::explain) where the algorithm is; that takes more memory.
  std::vector<std::byte> compile_to_explain() const { return explaining(compile()); }
  /// The same from what compile() returned.
  virtual std::vector<std::byte> explaining(std::vector<std::byte> compiled) const { return compiled; }
};

/// The bytes of the model file (see model_file.h); equal models give equal bytes.
std::vector<std::byte> serialize(const Model& model);
/// Written to a temporary file and renamed. Throws io; cancelled on a stop, and then the old file stays.
void save_model(const Model& model, const std::filesystem::path& path, const std::stop_token& stop = {});

/// Validates everything before use. Throws io, or corrupt_data naming the path and the fault.
std::unique_ptr<Model> load_model(const std::filesystem::path& path);
/// The same from bytes in memory, however they are aligned; `source` names them in messages.
std::unique_ptr<Model> deserialize(ByteSpan bytes, std::string_view source);

/// The predictions for all rows of `table`, (n_rows, n_outputs) row-major: probabilities of the classes, or one number.
/// Columns are matched by name. The same for any number of threads. Throws as FeatureReader; cancelled.
std::vector<double> predict(const Model& model, const Table& table, const Execution& execution);

/// What each feature adds to the margins of every row of `table`: (n_rows, n_margins * (n_features + 1)), see
/// Predictor::explain. The same for any number of threads. Throws invalid_argument for a model that does not explain;
/// as FeatureReader; cancelled.
std::vector<double> explain(const Model& model, const Table& table, const Execution& execution);

}  // namespace thrum
