#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/model/link_internal.h"
#include "thrum/model/tree/tree_outputs_internal.h"

namespace thrum {
namespace {

/// Probabilities of classes that were each learned against the rest; equal ones where none has any.
void normalise(std::span<double> probabilities) {
  double sum = 0;
  for (const double p : probabilities) sum += p;
  for (double& p : probabilities) p = sum > 0 ? p / sum : 1 / static_cast<double>(probabilities.size());
}

void write_logistic_each(std::span<double> row) {
  for (double& z : row) {
    double both[2];
    write_logistic(z, both);
    z = both[1];
  }
  if (row.size() > 1) normalise(row);
}

void write_clipped(std::span<double> row, std::size_t n_margins) {
  for (double& p : row.first(n_margins)) p = std::clamp(p, 0.0, 1.0);
  if (n_margins == row.size()) return;
  row[1] = row[0];
  row[0] = 1 - row[1];
}

}  // namespace

void TreeOutputs::write(ModelFileBuilder& image, const TreeEnsemble& ensemble) {
  image.add_metadata("link", std::string(link_name(ensemble.link)));
  image.add_tensor<double>("base", {ensemble.n_margins()}, ensemble.base);
  image.add_tensor<double>("scale", {1}, std::span(&ensemble.scale, 1));
}

TreeOutputs::TreeOutputs(const ModelFile& image, const Schema& schema) {
  const auto found = image.tensors().find("base");
  if (found == image.tensors().end() || found->second.shape.size() != 1) image.fail("has trees without a base");
  const auto base = image.tensor<double>("base", found->second.shape);
  const auto link = parse_link(image.metadata("link"));
  if (!link) image.fail("has trees with an unknown link");
  base_.assign(base.begin(), base.end());
  scale_ = image.tensor<double>("scale", std::vector<std::size_t>{1})[0];
  link_ = *link;
  TreeEnsemble nothing;
  nothing.base = base_;
  nothing.link = link_;
  if (const std::string fault = fault_of(nothing, schema); !fault.empty()) image.fail(fault);
  n_outputs_ = schema.target.task == Task::classification ? schema.target.classes.size() : 1;
}

void TreeOutputs::finish(std::span<double> row) const noexcept {
  for (std::size_t k = 0; k < n_margins(); ++k) row[k] = finite_margin(base_[k] + scale_ * row[k]);
  switch (link_) {
    case Link::identity:
      return;
    case Link::exp:
      row[0] = std::min(std::exp(row[0]), std::numeric_limits<double>::max());
      return;
    case Link::softmax:
      softmax(row);
      return;
    case Link::clip:
      write_clipped(row, n_margins());
      return;
    case Link::logistic:
      if (n_margins() == row.size()) {
        write_logistic_each(row);
      } else {
        write_logistic(row[0], row);
      }
  }
}

}  // namespace thrum
