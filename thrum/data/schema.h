#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/table.h"
#include "thrum/runtime/scratch.h"

namespace thrum {

enum class FeatureType { number, category };
/// What is learned: a number, one of some classes, how unusual a row is (without a target), or a score that puts the
/// rows of each query in the order of their labels.
enum class Task { regression, classification, anomaly, ranking };

std::string_view task_name(Task task) noexcept;

/// What a target looks like: classes where it is text or at most 20 different whole numbers, else a number.
Task natural_task(const Column& target);

/// What a model expects in one input column.
struct Feature {
  std::string name;
  FeatureType type = FeatureType::number;
  std::vector<std::string> categories = {};  ///< of a category feature, in the order of their bytes
  bool refuses_unknown = false;              ///< a category that is not among these is an error, not a value
};

/// What a model predicts.
struct Target {
  std::string name;  ///< the column; of anomalies the one of the labels, "" where there are none
  Task task = Task::classification;
  /// Of a classification, in ascending order (numbers as numbers); of labelled anomalies the label of usual rows, which
  /// most have, and that of anomalies.
  std::vector<std::string> classes = {};
  double threshold = 0;    ///< of anomalies: those have a higher score
  std::string query = {};  ///< of a ranking: the column that says which query a row belongs to

  std::string_view label(double score) const { return score > threshold ? "anomaly" : "normal"; }
};

/// The columns a model was trained on, in its order. Stored in the model; new data is matched by name.
///
/// A model sees a row as one double per feature: the number, or the index of the category; NaN where the value is
/// missing, and categories.size() for a category that was not there in training.
struct Schema {
  std::vector<Feature> features;
  Target target;

  /// The features are all columns of `table` but `target`, which may be "" for anomalies, and those in `exclude`.
  /// Types, categories and classes come from all rows; the classes of a numeric target are its whole numbers as text.
  /// Throws invalid_argument: no such column (with the nearest name), no feature left, a regression target that is not
  /// numeric, fractions as classes, fewer than two or more than 1000 classes, labels of anomalies that are not two, a
  /// column in which every value is missing, text that is not UTF-8. `scratch`: what keeps the columns, which is told
  /// to keep within its limit after every few of them, since all at once may be more; null: they lie in memory.
  static Schema infer(const Table& table, std::string_view target, Task task, std::vector<std::string> exclude = {},
                      Scratch* scratch = nullptr);

  /// JSON text of the model file.
  std::string to_json() const;
  /// Throws corrupt_data for anything that to_json does not write; `where` names the text in messages.
  static Schema from_json(std::string_view text, std::string_view where = "schema");

  std::vector<std::string> feature_names() const;
  /// The index of a feature; nullopt where there is none.
  std::optional<std::size_t> find(std::string_view name) const;
};

/// The index of `value` in `categories`, by binary search; categories.size() where it is not among them.
std::size_t category_code(std::span<const std::string> categories, std::string_view value);

}  // namespace thrum
