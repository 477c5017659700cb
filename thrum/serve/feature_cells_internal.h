#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/serve/json_input_internal.h"

namespace thrum::serving {

/// What clients send for a feature, and what a model sees of it (see Schema). A number feature takes numbers only. A
/// category feature takes texts, and numbers, as the text that each spells, where a category is a number; one that
/// refuses unknown categories takes its own. Thread-safe to read.
class FeatureCells {
 public:
  /// `schema` must outlive it.
  explicit FeatureCells(const Schema& schema);

  std::size_t size() const noexcept { return names_.size(); }
  const std::string& name(std::size_t feature) const noexcept { return names_[feature]; }
  bool is_number(std::size_t feature) const noexcept { return schema_.features[feature].type == FeatureType::number; }
  bool all_numbers() const noexcept { return all_numbers_; }

  /// The feature of this name; clients mostly keep to the order of the model, so `guess` is tried first.
  std::optional<std::size_t> find(std::string_view name, std::size_t guess) const;

  /// The value, null being a missing one; nullopt where the feature does not take it.
  std::optional<double> read(std::size_t feature, const JsonElement& value) const;
  std::optional<double> read_number(std::size_t feature, double number) const;
  std::optional<double> read_text(std::size_t feature, std::string_view text) const;

  /// Throw HttpError 400 with the place. `got` describes what `feature` did not take.
  [[noreturn]] void refuse_value(const std::string& place, std::size_t feature, const std::string& got) const;
  [[noreturn]] void refuse_name(const Place& place, std::string_view name) const;
  [[noreturn]] void refuse_absent(const Place& place, std::size_t feature) const;

 private:
  std::optional<double> category_of_number(std::size_t feature, std::string_view text) const;

  const Schema& schema_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::vector<bool> takes_numbers_;  ///< of a category feature
  bool all_numbers_ = true;
};

/// Which of the features a request has named.
class NamedFeatures {
 public:
  explicit NamedFeatures(const FeatureCells& cells) : cells_(cells), seen_(cells.size()) {}

  void clear();
  /// The feature of this name. Throws HttpError 400 where there is none, or where it is named again.
  std::size_t add(const Place& place, std::string_view name);
  /// Throws HttpError 400 where one was not named.
  void require_all(const Place& place) const;

 private:
  const FeatureCells& cells_;
  std::vector<bool> seen_;
  std::size_t n_seen_ = 0;
};

}  // namespace thrum::serving
