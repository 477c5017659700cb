#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/model/model.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// Whatever predicts by trees: a decision tree, a forest, boosted trees.
class TreeModel final : public Model {
 public:
  struct Parts {
    std::string algorithm;  ///< the learner's name
    Schema schema;
    TreeEnsemble ensemble;
    TrainingRecord training;
  };

  /// REQUIRES: the ensemble is well-formed and fits the schema.
  explicit TreeModel(Parts parts);
  /// Says that this has been seen to be so.
  class Checked {
    friend TreeModel;
    Checked() = default;
  };
  TreeModel(Parts parts, Checked) : parts_(std::move(parts)) {}
  /// Throws corrupt_data for whatever does not fit.
  static std::unique_ptr<Model> read(const ModelFile& file, Schema schema, TrainingRecord training);

  std::string_view algorithm() const noexcept override { return parts_.algorithm; }
  const Schema& schema() const noexcept override { return parts_.schema; }
  const TrainingRecord& training() const noexcept override { return parts_.training; }
  std::string description() const override;
  std::string description_json() const override;
  void write(ModelFileBuilder& file) const override;
  std::vector<std::byte> compile() const override;
  std::vector<std::byte> explaining(std::vector<std::byte> compiled) const override;

  const TreeEnsemble& ensemble() const noexcept { return parts_.ensemble; }

 private:
  Parts parts_;
};

}  // namespace thrum
