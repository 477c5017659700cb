#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/data/prepare/row_maps_internal.h"

namespace thrum {
namespace prepare {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// One product: an earlier one times a column.
struct Term {
  std::size_t earlier;  ///< none: 1
  std::size_t column;
};

/// All products without the column of ones; each follows the one that it is made of.
std::vector<Term> terms_of(std::size_t n_columns, const Polynomial& parts) {
  std::vector<Term> terms;
  for (std::size_t j = 0; j < n_columns; ++j) terms.push_back({none, j});
  std::size_t begin = 0;
  for (int factors = 2; factors <= parts.degree; ++factors) {
    const std::size_t end = terms.size();
    for (std::size_t t = begin; t < end; ++t) {
      for (std::size_t j = terms[t].column + (parts.interaction_only ? 1 : 0); j < n_columns; ++j) {
        terms.push_back({t, j});
      }
    }
    begin = end;
  }
  return terms;
}

/// "1", "age", "age^2", "age hours", as scikit-learn names them.
std::vector<Feature> product_features(std::span<const Feature> inputs, std::span<const Term> terms, bool bias) {
  std::vector<Feature> features;
  if (bias) features.push_back({.name = "1", .type = FeatureType::number});
  for (std::size_t t = 0; t < terms.size(); ++t) {
    std::string name;
    std::size_t power = 1;
    for (std::size_t at = t; at != none; at = terms[at].earlier) {
      const std::size_t earlier = terms[at].earlier;
      if (earlier != none && terms[earlier].column == terms[at].column) {
        ++power;
        continue;
      }
      const std::string& column = inputs[terms[at].column].name;
      const std::string factor = power > 1 ? fmt::format("{}^{}", column, power) : column;
      name = fmt::format("{}{}{}", factor, name.empty() ? "" : " ", name);
      power = 1;
    }
    features.push_back({.name = std::move(name), .type = FeatureType::number});
  }
  return features;
}

class PolynomialMap final : public RowMap {
 public:
  PolynomialMap(std::span<const Feature> inputs, const Polynomial& parts)
      : parts_(parts),
        terms_(terms_of(inputs.size(), parts)),
        outputs_(product_features(inputs, terms_, parts.include_bias)) {}
  std::vector<Feature> outputs() const override { return outputs_; }
  void apply(std::span<const double> row, double* out) const noexcept override {
    if (parts_.include_bias) *out++ = 1;
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      const Term& term = terms_[t];
      out[t] = term.earlier == none ? row[term.column] : out[term.earlier] * row[term.column];
    }
  }
  std::string to_json() const override {
    return Json{{"map", "polynomial"},
                {"degree", parts_.degree},
                {"interaction_only", parts_.interaction_only},
                {"include_bias", parts_.include_bias}}
        .dump();
  }

 private:
  Polynomial parts_;
  std::vector<Term> terms_;
  std::vector<Feature> outputs_;
};

std::string_view norm_name(Norm norm) noexcept {
  switch (norm) {
    case Norm::l1:
      return "l1";
    case Norm::l2:
      return "l2";
    case Norm::max:
      return "max";
  }
  return "l2";
}

class NormalizeMap final : public RowMap {
 public:
  NormalizeMap(std::span<const Feature> inputs, Norm norm) : outputs_(inputs.begin(), inputs.end()), norm_(norm) {}
  std::vector<Feature> outputs() const override { return outputs_; }
  void apply(std::span<const double> row, double* out) const noexcept override {
    const double size = norm_of(row);
    for (std::size_t j = 0; j < row.size(); ++j) out[j] = size == 0 ? row[j] : row[j] / size;
  }
  std::string to_json() const override { return Json{{"map", "normalize"}, {"norm", norm_name(norm_)}}.dump(); }

 private:
  double norm_of(std::span<const double> row) const noexcept {
    double sum = 0;
    double largest = 0;
    for (const double x : row) {
      if (std::isnan(x)) continue;
      sum += norm_ == Norm::l2 ? x * x : std::abs(x);
      largest = std::max(largest, std::abs(x));
    }
    if (norm_ == Norm::max) return largest;
    return norm_ == Norm::l2 ? std::sqrt(sum) : sum;
  }

  std::vector<Feature> outputs_;
  Norm norm_;
};

class HashingMap final : public RowMap {
 public:
  HashingMap(std::span<const Feature> inputs, std::size_t n_features, bool alternate_sign)
      : n_features_(n_features), alternate_sign_(alternate_sign) {
    for (const Feature& feature : inputs) {
      std::vector<Share> shares;
      for (const std::string& category : feature.categories) shares.push_back(share_of(feature.name + "=" + category));
      shares_.push_back(std::move(shares));
    }
  }
  std::vector<Feature> outputs() const override {
    std::vector<Feature> features;
    for (std::size_t k = 0; k < n_features_; ++k) {
      features.push_back({.name = fmt::format("hash{}", k), .type = FeatureType::number});
    }
    return features;
  }
  void apply(std::span<const double> row, double* out) const noexcept override {
    std::fill_n(out, n_features_, 0.0);
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (!(row[j] >= 0 && row[j] < static_cast<double>(shares_[j].size()))) continue;
      const Share& share = shares_[j][static_cast<std::size_t>(row[j])];
      out[share.output] += share.sign;
    }
  }
  std::string to_json() const override {
    return Json{{"map", "hashing"}, {"n_features", n_features_}, {"alternate_sign", alternate_sign_}}.dump();
  }

 private:
  struct Share {
    std::size_t output;
    double sign;
  };
  Share share_of(const std::string& text) const {
    const std::int32_t hash = murmur3(text);
    const auto size = static_cast<std::uint64_t>(std::abs(std::int64_t{hash}));
    return {size % n_features_, alternate_sign_ && hash < 0 ? -1.0 : 1.0};
  }

  std::size_t n_features_;
  bool alternate_sign_;
  std::vector<std::vector<Share>> shares_;  ///< of each category of each column
};

std::uint32_t rotated(std::uint32_t x, int bits) noexcept {
  return x << bits | x >> (32 - bits);
}

std::uint32_t scrambled(std::uint32_t block) noexcept {
  return rotated(block * 0xCC9E2D51u, 15) * 0x1B873593u;
}

}  // namespace

std::int32_t murmur3(std::string_view text) noexcept {
  std::uint32_t hash = 0;
  const std::size_t whole = text.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t block;
    std::memcpy(&block, text.data() + i, 4);
    hash = rotated(hash ^ scrambled(block), 13) * 5 + 0xE6546B64u;
  }
  std::uint32_t tail = 0;
  std::memcpy(&tail, text.data() + whole, text.size() - whole);
  if (whole < text.size()) hash ^= scrambled(tail);
  hash ^= static_cast<std::uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
  return static_cast<std::int32_t>(hash ^ hash >> 16);
}

double n_products(std::size_t n, const Polynomial& parts) noexcept {
  double total = parts.include_bias ? 1 : 0;
  double of_degree = 1;  // n + k - 1 choose k, or n choose k
  for (int k = 1; k <= parts.degree; ++k) {
    const double factor = static_cast<double>(n) + (parts.interaction_only ? 1 - k : k - 1);
    of_degree = std::round(of_degree * std::max(factor, 0.0) / k);
    total += of_degree;
  }
  return total;
}

std::shared_ptr<const RowMap> polynomial(std::span<const Feature> inputs, const Polynomial& parts) {
  THRUM_ASSERT(n_products(inputs.size(), parts) <= most_outputs);
  return std::make_shared<PolynomialMap>(inputs, parts);
}

std::shared_ptr<const RowMap> normalize(std::span<const Feature> inputs, Norm norm) {
  return std::make_shared<NormalizeMap>(inputs, norm);
}

std::shared_ptr<const RowMap> hashing(std::span<const Feature> inputs, std::size_t n_features, bool alternate_sign) {
  return std::make_shared<HashingMap>(inputs, n_features, alternate_sign);
}

}  // namespace prepare

std::shared_ptr<const RowMap> read_row_map(std::string_view json, std::span<const Feature> inputs,
                                           std::string_view where) {
  const Json map = parse_json(json, where);
  const auto require = [&](bool holds, std::string_view what) {
    if (!holds) throw Error(ErrorCode::corrupt_data, fmt::format("[{}] prepares columns wrongly: {}", where, what));
  };
  const auto boolean = [&](const char* key) {
    const Json& value = json_member(map, key, where);
    require(value.is_boolean(), "a value is of the wrong type");
    return value.get<bool>();
  };
  const auto whole = [&](const char* key) {
    const Json& value = json_member(map, key, where);
    require(value.is_number_unsigned(), "a value is of the wrong type");
    const auto number = value.get<std::uint64_t>();
    require(number >= 1 && number <= prepare::most_outputs, "a number is out of range");
    return static_cast<std::size_t>(number);
  };
  const auto require_type = [&](FeatureType type) {
    const auto fits = [&](const Feature& feature) { return feature.type == type; };
    require(std::ranges::all_of(inputs, fits), "a column is of the wrong type");
  };
  const Json& name = json_member(map, "map", where);
  require(name.is_string(), "a value is of the wrong type");
  if (name == "polynomial") {
    require_type(FeatureType::number);
    const prepare::Polynomial parts{static_cast<int>(whole("degree")), boolean("interaction_only"),
                                    boolean("include_bias")};
    require(prepare::n_products(inputs.size(), parts) <= prepare::most_outputs, "there are too many products");
    return prepare::polynomial(inputs, parts);
  }
  if (name == "normalize") {
    require_type(FeatureType::number);
    const Json& norm = json_member(map, "norm", where);
    require(norm == "l1" || norm == "l2" || norm == "max", "the norm is none");
    return prepare::normalize(inputs, norm == "l1"   ? prepare::Norm::l1
                                      : norm == "l2" ? prepare::Norm::l2
                                                     : prepare::Norm::max);
  }
  require(name == "hashing", "there is no such way");
  require_type(FeatureType::category);
  return prepare::hashing(inputs, whole("n_features"), boolean("alternate_sign"));
}

}  // namespace thrum
