#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "thrum/core/printable.h"
#include "thrum/learn/linear/encoded_fits_internal.h"

namespace thrum {
namespace {

using Encoding = Encoder::FeatureEncoding;

/// Whether both make the same column of their training rows.
bool same_encoding(const Encoding& a, const Encoding& b) {
  const bool same_fill = a.fill == b.fill || (!a.number_missing && !b.number_missing);
  return same_fill && a.mean == b.mean && a.scale == b.scale && a.missing_column == b.missing_column;
}

bool same_encoder(const Encoder& a, const Encoder& b) {
  return std::ranges::equal(a.encodings(), b.encodings(), same_encoding);
}

/// Whether a number, standardised by other rows, is still as good as standardised.
bool is_near(const Encoding& own, const Encoding& shared) {
  constexpr double most = 10;
  if (shared.number_missing && own.fill != shared.fill) return false;
  if (own.is_constant || shared.is_constant) return own.is_constant && shared.is_constant;
  const double ratio = own.scale / shared.scale;
  return ratio > 1 / most && ratio < most && std::abs(own.mean - shared.mean) < most * own.scale;
}

bool can_share(const Encoder& own, const Encoder& shared) {
  for (std::size_t j = 0; j < own.n_features(); ++j) {
    if (own.n_categories(j) == 0 && !is_near(own.encodings()[j], shared.encodings()[j])) return false;
  }
  return true;
}

/// The encoder of the same rows that leaves numbers as they are.
Encoder without_scales(const Schema& schema, const Encoder& encoder) {
  std::vector<Encoding> encodings(encoder.encodings().begin(), encoder.encodings().end());
  for (Encoding& encoding : encodings) {
    encoding.mean = 0;
    encoding.scale = 1;
  }
  return Encoder(schema, std::move(encodings));
}

/// Standardising encoders of specs, each learned once.
class Encoders {
 public:
  Encoders(const Dataset& dataset, std::span<const FitSpec> specs, const Execution& execution)
      : dataset_(dataset), specs_(specs), execution_(execution) {
    for (const FitSpec& spec : specs) learned_.push_back(find(spec));
  }

  const Encoder& operator[](std::size_t spec) const { return *learned_[spec]; }
  /// Of all rows of the dataset.
  const Encoder& of_all() const { return *all_; }

 private:
  std::shared_ptr<const Encoder> find(const FitSpec& spec) {
    if (!all_) all_ = learn({});
    if (same_rows(spec, {}, *execution_.communicator)) return all_;
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (same_rows(specs_[i], spec, *execution_.communicator)) return learned_[i];
    }
    return learn(spec);
  }
  std::shared_ptr<const Encoder> learn(const FitSpec& spec) const {
    return std::make_shared<const Encoder>(Encoder::fit(dataset_, spec.row_mask, spec.weights, true, execution_));
  }

  const Dataset& dataset_;
  std::span<const FitSpec> specs_;
  const Execution& execution_;
  std::shared_ptr<const Encoder> all_;
  std::vector<std::shared_ptr<const Encoder>> learned_;  ///< of the first specs
};

/// Moves one row of coefficients to another encoder's columns; what the offsets differ by is added to `intercept`.
class Recoder {
 public:
  Recoder(const Encoder& from, const Encoder& to) : from_(from), to_(to) {}

  double recode(std::span<const double> old, std::span<double> coefficients) const {
    double shift = 0;
    for (std::size_t j = 0; j < from_.n_features(); ++j) {
      const double* in = old.data() + from_.first_output(j);
      double* out = coefficients.data() + to_.first_output(j);
      shift += from_.n_categories(j) == 0 ? recode_number(j, in, out) : recode_category(j, in, out);
    }
    return shift;
  }

 private:
  double recode_number(std::size_t j, const double* in, double* out) const {
    const Encoder::FeatureEncoding& from = from_.encodings()[j];
    const Encoder::FeatureEncoding& to = to_.encodings()[j];
    const double slope = in[0] / from.scale;
    out[0] = slope * to.scale;
    return slope * (to.mean - from.mean);
  }

  double recode_category(std::size_t j, const double* in, double* out) const {
    const bool both_missing = from_.encodings()[j].missing_column && to_.encodings()[j].missing_column;
    const std::size_t n = from_.n_categories(j) + (both_missing ? 1 : 0);
    for (std::size_t c = 0; c < n; ++c) out[c] = in[c];
    return 0;
  }

  const Encoder& from_;
  const Encoder& to_;
};

}  // namespace

RowType row_type(std::string_view dtype) {
  if (dtype == "bfloat16") return RowType::bfloat16;
  return dtype == "float32" ? RowType::float32 : RowType::float64;
}

bool same_rows(const FitSpec& a, const FitSpec& b, Communicator& communicator) {
  std::uint8_t same = std::ranges::equal(a.row_mask, b.row_mask) && std::ranges::equal(a.weights, b.weights) ? 1 : 0;
  communicator.allreduce(std::span(&same, 1), ReduceOp::min);
  return same != 0;
}

bool is_masked(const FitSpec& spec, Communicator& communicator) {
  std::uint8_t masked = spec.row_mask.empty() ? 0 : 1;
  communicator.allreduce(std::span(&masked, 1), ReduceOp::max);
  return masked != 0;
}

std::vector<EncodedFits> encode_fits(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const EncodingOptions> options, const Execution& execution) {
  const Encoders encoders(dataset, specs, execution);
  std::vector<EncodedFits> groups;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const EncodingOptions& wanted = options[i];
    const Encoder& standardizing = encoders[i];
    Encoder own = wanted.standardize ? standardizing : without_scales(dataset.schema(), standardizing);
    const bool shares = wanted.fit_intercept && can_share(standardizing, encoders.of_all());
    const Encoder& matrix = shares ? encoders.of_all() : wanted.fit_intercept ? standardizing : own;
    auto group = std::ranges::find_if(groups, [&](const EncodedFits& g) {
      return g.fit_intercept == wanted.fit_intercept && g.type == wanted.type && same_encoder(g.encoder, matrix);
    });
    if (group == groups.end()) {
      groups.push_back({matrix, wanted.fit_intercept, wanted.type});
      group = groups.end() - 1;
    }
    group->members.push_back({i, std::move(own)});
  }
  return groups;
}

std::vector<double> column_units(const Encoder& shared, const Encoder& own) {
  std::vector<double> units(shared.n_outputs(), 1.0);
  for (std::size_t j = 0; j < shared.n_features(); ++j) {
    if (shared.n_categories(j) > 0) continue;
    units[shared.first_output(j)] = own.encodings()[j].scale / shared.encodings()[j].scale;
  }
  return units;
}

std::vector<double> recode_parameters(std::span<const double> parameters, const Encoder& from, const Encoder& to) {
  if (same_encoder(from, to)) return {parameters.begin(), parameters.end()};
  const std::size_t n_outputs = parameters.size() / (from.n_outputs() + 1);
  std::vector<double> recoded(n_outputs * (to.n_outputs() + 1), 0.0);
  const Recoder recoder(from, to);
  for (std::size_t k = 0; k < n_outputs; ++k) {
    const auto in = parameters.subspan(k * from.n_outputs(), from.n_outputs());
    const auto out = std::span(recoded).subspan(k * to.n_outputs(), to.n_outputs());
    const double shift = recoder.recode(in, out);
    recoded[n_outputs * to.n_outputs() + k] = parameters[n_outputs * from.n_outputs() + k] + shift;
  }
  return recoded;
}

std::vector<std::string> ignored_features(const Schema& schema, const Encoder& encoder) {
  std::vector<std::string> sentences;
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    if (encoding.ignored_deviation == 0) continue;
    sentences.push_back(
        fmt::format("column {} deviates from {:.6g} by {:.2g} only, which rounding may explain: it counts as "
                    "constant; subtract {:.6g} from it to make use of it",
                    in_quotes(schema.features[j].name), encoding.mean, encoding.ignored_deviation, encoding.mean));
  }
  return sentences;
}

}  // namespace thrum
