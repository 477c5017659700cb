#include "thrum/model/tree/tree_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/json_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/general_trees_internal.h"
#include "thrum/model/tree/tree_file_internal.h"

namespace thrum {
namespace {

std::size_t n_leaves(const TreeEnsemble& ensemble) {
  std::size_t n = 0;
  for (const Tree& tree : ensemble.trees) n += tree.n_leaves();
  return n;
}

}  // namespace

TreeModel::TreeModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(fault_of(parts_.ensemble, parts_.schema).empty());
}

std::unique_ptr<Model> TreeModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  TreeEnsemble ensemble = read_ensemble(file, schema);
  return std::make_unique<TreeModel>(Parts{.algorithm = file.metadata("algorithm"),
                                           .schema = std::move(schema),
                                           .ensemble = std::move(ensemble),
                                           .training = std::move(training)});
}

void TreeModel::write(ModelFileBuilder& file) const {
  write_ensemble(parts_.ensemble, file);
}

std::vector<std::byte> TreeModel::compile() const {
  if (fits_byte_trees(parts_.ensemble, parts_.schema)) return compile_byte_trees(parts_.ensemble, parts_.schema);
  if (fits_deep_trees(parts_.ensemble, parts_.schema)) return compile_deep_trees(parts_.ensemble, parts_.schema);
  return compile_general_trees(parts_.ensemble, parts_.schema);
}

std::string TreeModel::description() const {
  return fmt::format("{} trees with {} leaves, {} margin{}, link {}\n", parts_.ensemble.trees.size(),
                     n_leaves(parts_.ensemble), parts_.ensemble.n_margins(),
                     parts_.ensemble.n_margins() == 1 ? "" : "s", link_name(parts_.ensemble.link));
}

std::string TreeModel::description_json() const {
  return Json{{"trees", parts_.ensemble.trees.size()},
              {"leaves", n_leaves(parts_.ensemble)},
              {"margins", parts_.ensemble.n_margins()},
              {"link", link_name(parts_.ensemble.link)}}
      .dump();
}

}  // namespace thrum
