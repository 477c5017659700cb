#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// The last step of every engine: from sums of leaf values to what is predicted.
class TreeOutputs {
 public:
  /// The part of an image that the constructor reads.
  static void write(ModelFileBuilder& image, const TreeEnsemble& ensemble);
  /// Throws corrupt_data.
  TreeOutputs(const ModelFile& image, const Schema& schema);

  std::size_t n_margins() const noexcept { return base_.size(); }
  std::size_t n_outputs() const noexcept { return n_outputs_; }

  /// row: (n_outputs), whose first n_margins values are sums over the trees; in place.
  void finish(std::span<double> row) const noexcept;

 private:
  std::vector<double> base_;
  double scale_ = 1;
  Link link_ = Link::identity;
  std::size_t n_outputs_ = 1;
};

}  // namespace thrum
