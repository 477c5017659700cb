#pragma once

#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

/// The arrays of a tree; entry i of most is about node i, leaf or not.
struct XgboostTree {
  std::vector<std::int64_t> left;  ///< -1: a leaf
  std::vector<std::int64_t> right;
  std::vector<std::int64_t> feature;
  std::vector<double> condition;  ///< x < condition goes left; the value of a leaf
  std::vector<bool> default_left;
  std::vector<double> gain;
  std::vector<double> weight;
  std::vector<std::vector<std::int64_t>> categories;  ///< that go right; empty where the question is about a number
  std::vector<bool> is_categorical;
};

/// Checks sizes, not links.
XgboostTree parse_xgboost_tree(const Json& tree, const ForeignSource& source);

/// The same tree with Thrum's numbers of nodes. Its leaves' values are multiplied by `factor`.
Tree convert_xgboost_tree(const XgboostTree& tree, double factor, const ForeignFeatures& features,
                          const ForeignSource& source);

}  // namespace thrum
