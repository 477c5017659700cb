#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/data/prepare/row_maps_internal.h"
#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {
namespace {

struct PolynomialOptions {
  int degree = 2;
  bool interaction_only = false;
  bool include_bias = true;

  static std::span<const OptionField> fields() {
    using O = PolynomialOptions;
    static const std::vector<OptionField> list = {
        option_field("degree", &O::degree, Range{1, 100}, "factors of a product at most"),
        option_field("interaction_only", &O::interaction_only, Range{}, "no column twice in a product"),
        option_field("include_bias", &O::include_bias, Range{}, "begin with a column of ones"),
    };
    return list;
  }
};

std::shared_ptr<const RowMap> fit_polynomial(std::span<const Feature> inputs, const Options& options) {
  const auto& chosen = options.as<PolynomialOptions>();
  const Polynomial parts{chosen.degree, chosen.interaction_only, chosen.include_bias};
  if (const double n = n_products(inputs.size(), parts); n > most_outputs) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[prepare] polynomial: {} columns have {:.10g} products of up to {} factors, at most {} "
                            "columns are made",
                            inputs.size(), n, parts.degree, most_outputs),
                "lower the degree, name fewer columns, or take interaction_only=true");
  }
  return polynomial(inputs, parts);
}

struct NormalizeOptions {
  std::string norm = "l2";

  static std::span<const OptionField> fields() {
    using O = NormalizeOptions;
    static const std::vector<OptionField> list = {
        option_field("norm", &O::norm, {"l1", "l2", "max"}, "what becomes 1 in each row"),
    };
    return list;
  }
};

std::shared_ptr<const RowMap> fit_normalize(std::span<const Feature> inputs, const Options& options) {
  const std::string& norm = options.as<NormalizeOptions>().norm;
  return normalize(inputs, norm == "l1" ? Norm::l1 : norm == "l2" ? Norm::l2 : Norm::max);
}

struct HashingOptions {
  int n_features = 256;
  bool alternate_sign = true;

  static std::span<const OptionField> fields() {
    using O = HashingOptions;
    static const std::vector<OptionField> list = {
        option_field("n_features", &O::n_features, Range{1, most_outputs}, "columns that it makes"),
        option_field("alternate_sign", &O::alternate_sign, Range{},
                     "half of the categories count -1, so that those that meet cancel on average"),
    };
    return list;
  }
};

std::shared_ptr<const RowMap> fit_hashing(std::span<const Feature> inputs, const Options& options) {
  const auto& chosen = options.as<HashingOptions>();
  return hashing(inputs, static_cast<std::size_t>(chosen.n_features), chosen.alternate_sign);
}

}  // namespace

std::vector<StepRule> joint_steps() {
  return {
      {"polynomial", "the products of the columns, up to a degree", "numbers", default_options_of<PolynomialOptions>(),
       nullptr, &fit_polynomial},
      {"normalize", "each row to a norm of 1", "numbers", default_options_of<NormalizeOptions>(), nullptr,
       &fit_normalize},
      {"hashing", "categories of all columns to a few columns, by a hash", "categories",
       default_options_of<HashingOptions>(), nullptr, &fit_hashing},
  };
}

}  // namespace thrum::prepare
