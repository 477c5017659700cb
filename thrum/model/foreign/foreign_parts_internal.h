#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// The name of the file that is read, for messages.
class ForeignSource {
 public:
  explicit ForeignSource(std::string_view name) : name_(name) {}

  const std::string& name() const noexcept { return name_; }
  /// Throws corrupt_data: "[model.txt] " + what.
  [[noreturn]] void fail(const std::string& what) const;
  /// The same for what is sound but cannot be represented; `what` says it of the model: "has linear leaves".
  [[noreturn]] void refuse(const std::string& what, const std::string& hint) const;

 private:
  std::string name_;
};

/// The names of a feature's categories by their codes; empty for a number.
using CategoryNames = std::map<std::int64_t, std::string>;

/// The features of another library's model, whose categories have codes of its own.
class ForeignFeatures {
 public:
  /// REQUIRES: as many `categories` as `names`. Fails where two categories of a feature have one name.
  ForeignFeatures(std::vector<std::string> names, const std::vector<CategoryNames>& categories,
                  const ForeignSource& source);

  const std::vector<Feature>& features() const noexcept { return features_; }
  bool is_category(std::size_t j) const { return features_[j].type == FeatureType::category; }

  /// Appends the set of the categories of feature `j` with the given codes (those that it does not have are left out),
  /// or of all others, to the tree. Returns its first word. REQUIRES: the feature is a category.
  std::int32_t add_set(Tree& tree, std::size_t j, std::span<const std::int64_t> codes, bool of_others) const;

 private:
  const ForeignSource& source_;
  std::vector<Feature> features_;
  std::vector<std::map<std::int64_t, std::size_t>> positions_;  // of codes in the feature's categories
};

/// What was read of a model.
struct ForeignParts {
  std::string library;    ///< "LightGBM v4"
  std::string algorithm;  ///< of Thrum
  std::vector<Feature> features;
  Task task = Task::regression;
  std::size_t n_classes = 0;  ///< of a classification
  TreeEnsemble ensemble;
  std::size_t n_rows = 0;  ///< that it was trained on; 0: not known
  std::size_t iterations = 0;
};

}  // namespace thrum
