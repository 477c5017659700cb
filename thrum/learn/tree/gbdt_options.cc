#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

using O = GbdtOptions;

constexpr Range share{.low = 0, .high = 1, .low_open = true};
constexpr Range not_negative{.low = 0, .high_open = true};

std::vector<OptionField> tree_fields() {
  return {
      option_field("n_estimators", &O::n_estimators, Range{.low = 1}, "trees, or rounds of one tree per class"),
      option_field("learning_rate", &O::learning_rate, Range{.low = 0, .low_open = true, .high_open = true},
                   "what the values of leaves are multiplied by"),
      option_field("num_leaves", &O::num_leaves, Range{.low = 2, .high = 65535}, "leaves of a tree at most"),
      option_field("max_depth", &O::max_depth, Range{.low = -1}, "splits above a leaf at most; -1: any number"),
      option_field("grow_policy", &O::grow_policy, {"leaves", "depth"},
                   "what is split next: the leaf with the largest gain, or those of the lowest depth"),
      option_field("max_bin", &O::max_bin, Range{.low = 1, .high = 255}, "bins of a feature at most"),
      option_field("min_child_samples", &O::min_child_samples, Range{.low = 0}, "rows in a leaf at least, about"),
      option_field("min_child_weight", &O::min_child_weight, not_negative,
                   "the sum of second derivatives in a leaf at least"),
      option_field("min_split_gain", &O::min_split_gain, not_negative,
                   "what a split must gain more than, in units of twice the loss"),
      option_field("reg_alpha", &O::reg_alpha, not_negative, "L1 penalty of leaf values"),
      option_field("reg_lambda", &O::reg_lambda, not_negative, "L2 penalty of leaf values"),
      option_field("max_delta_step", &O::max_delta_step, not_negative,
                   "leaf values at most, before learning_rate; 0: any"),
  };
}

std::vector<OptionField> objective_fields() {
  return {
      option_field("objective", &O::objective, objective_names(),
                   "what is minimised; auto: log_loss for classes, squared_error for numbers"),
      option_field("alpha", &O::alpha, Range{.low = 0, .low_open = true, .high_open = true},
                   "the quantile of objective=quantile, below 1; where huber turns from a square to a line"),
      option_field("tweedie_variance_power", &O::tweedie_variance_power,
                   Range{.low = 1, .high = 2, .low_open = true, .high_open = true},
                   "near 1: as Poisson, near 2: as gamma"),
      option_field("class_weight", &O::class_weight, {},
                   "none, balanced, or label=weight,label=weight (labels left out: 1)"),
      option_field("stopping_rounds", &O::stopping_rounds, Range{.low = 0},
                   "stop after so many rounds without improvement on the rows held out, and keep the best; 0: do not"),
      option_field(
          "metric", &O::metric, {"loss", "auc", "error", "ndcg"},
          "what stopping_rounds watches; loss: the objective; auc: of two classes; error: the share of rows in "
          "the wrong class; ndcg: of a ranking, ndcg@eval_at, as loss"),
      option_field("lambdarank_truncation_level", &O::lambdarank_truncation_level, Range{.low = 1},
                   "pairs of rows are learned from where one is among the first so many, with lambdarank"),
      option_field("lambdarank_norm", &O::lambdarank_norm, Range{},
                   "damp pairs that are far apart, and queries with much to learn, with lambdarank"),
      option_field("sigmoid", &O::sigmoid, Range{.low = 0, .low_open = true, .high_open = true},
                   "how steeply the pull of a pair falls with its distance, with lambdarank"),
      option_field("eval_at", &O::eval_at, Range{.low = 1},
                   "how many rows of a query are looked at: the loss of a ranking is 1 - ndcg@eval_at"),
  };
}

std::vector<OptionField> sampling_fields() {
  return {
      option_field("data_sample_strategy", &O::data_sample_strategy, {"bagging", "goss"},
                   "which rows a tree sees: a share of all, or those with large gradients and a share of the others"),
      option_field("subsample", &O::subsample, share, "share of the rows, with bagging"),
      option_field("subsample_freq", &O::subsample_freq, Range{.low = 1}, "draw them anew every so many rounds"),
      option_field("top_rate", &O::top_rate, share, "share of the rows with large gradients, with goss"),
      option_field("other_rate", &O::other_rate, share, "share of the rows drawn from the others, with goss"),
      option_field("colsample_bytree", &O::colsample_bytree, share, "share of the features, drawn per tree"),
      option_field("colsample_bylevel", &O::colsample_bylevel, share, "share of these, drawn per depth"),
      option_field("colsample_bynode", &O::colsample_bynode, share, "share of these, drawn per node"),
      option_field("boosting", &O::boosting, {"gbdt", "dart"}, "dart: each round learns without some of those before"),
      option_field("drop_rate", &O::drop_rate, Range{.low = 0, .high = 1}, "share of the rounds dropped, with dart"),
      option_field("skip_drop", &O::skip_drop, Range{.low = 0, .high = 1}, "share of the rounds that drop none"),
  };
}

std::vector<OptionField> feature_fields() {
  return {
      option_field("cat_smooth", &O::cat_smooth, not_negative,
                   "what is added to a category's weight when categories are put in order"),
      option_field("cat_l2", &O::cat_l2, not_negative, "L2 penalty added where a split is a set of categories"),
      option_field("max_cat_threshold", &O::max_cat_threshold, Range{.low = 1, .high = 255},
                   "categories in such a set at most"),
      option_field("max_cat_to_onehot", &O::max_cat_to_onehot, Range{.low = 1, .high = 255},
                   "up to so many categories, one is split from the rest"),
      option_field("monotone_constraints", &O::monotone_constraints, {},
                   "none, or feature=1,feature=-1: the prediction rises or falls with it"),
      option_field("interaction_constraints", &O::interaction_constraints, {},
                   "none, or groups of features that may meet in a tree: a,b;b,c (the others are one more group)"),
      option_field("refit", &O::refit, Range{}, "give the trees of the start new leaf values instead of new trees"),
      option_field("refit_decay_rate", &O::refit_decay_rate, Range{.low = 0, .high = 1},
                   "share of the old value that a refit leaf keeps"),
  };
}

}  // namespace

std::span<const OptionField> GbdtOptions::fields() {
  static const std::vector<OptionField> list = [] {
    std::vector<OptionField> all = tree_fields();
    for (const auto& group : {objective_fields(), sampling_fields(), feature_fields()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return list;
}

}  // namespace thrum
