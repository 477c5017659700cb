#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/learner.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

namespace thrum {

/// Whether two fits train on the same rows with the same weights: on all ranks, which the answer of one does not tell
/// (collective).
bool same_rows(const FitSpec& a, const FitSpec& b, Communicator& communicator);
/// Whether a fit leaves rows out on any rank (collective).
bool is_masked(const FitSpec& spec, Communicator& communicator);

/// The option `dtype`: of the encoded features in memory.
enum class RowType {
  float64,
  float32,
  bfloat16,  ///< for a search on rounded rows, which goes on from there on the rows themselves in float64
};
RowType row_type(std::string_view dtype);
/// Its description, for learners that read the rows often.
template <class O>
OptionField dtype_field(std::string O::* dtype) {
  return option_field("dtype", dtype, {"float64", "float32", "bfloat16"},
                      "type of the encoded features in memory; the last passes of bfloat16 take float64");
}

/// What of a fit's options bears on its design matrix.
struct EncodingOptions {
  bool standardize = true;
  bool fit_intercept = true;
  RowType type = RowType::float64;
};

/// Fits that share a design matrix.
struct EncodedFits {
  /// Of the matrix. With an intercept it is standardised over all rows of the dataset, whatever the members want: a fit
  /// is the same but for the units of its penalty.
  Encoder encoder;
  bool fit_intercept = true;
  RowType type = RowType::float64;
  struct Member {
    std::size_t spec;  ///< an index in the list of specs
    Encoder own;       ///< learned from the rows of the spec
  };
  std::vector<Member> members = {};

  /// Of the rows that the models come from.
  RowStorage storage() const { return type == RowType::bfloat16 ? RowStorage::none : RowStorage::computed; }
};

/// The specs in groups that can share a design matrix, in the order of their first members: those with an intercept all
/// in one per type, but for such whose rows are too different from the others (columns that are constant, or of another
/// scale, in them only) or have numbers missing, which their means replace. In which company a spec is does not depend
/// on the others. `options`: one per spec. One pass over the rows for each set of rows and weights (collective).
std::vector<EncodedFits> encode_fits(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const EncodingOptions> options, const Execution& execution);

/// Fits all specs, whose options are of type O, group by group: `fit_group`, a template of the type of the design
/// matrix, returns the models of a group's members. Throws invalid_argument for options out of range and rows that do
/// not fit the dataset, naming `where` (collective).
template <class O, class FitGroup>
std::vector<std::unique_ptr<Model>> fit_groups(const Dataset& dataset, std::span<const FitSpec> specs,
                                               std::string_view where, const Execution& execution,
                                               const FitGroup& fit_group) {
  std::vector<EncodingOptions> encodings;
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, where);
    const O& options = spec.options->as<O>();
    encodings.push_back({options.standardize, options.fit_intercept, row_type(options.dtype)});
  }
  std::vector<std::unique_ptr<Model>> models(specs.size());
  for (const EncodedFits& group : encode_fits(dataset, specs, encodings, execution)) {
    auto fitted = group.type == RowType::float32 ? fit_group.template operator()<float>(group)
                                                 : fit_group.template operator()<double>(group);
    for (std::size_t k = 0; k < fitted.size(); ++k) models[group.members[k].spec] = std::move(fitted[k]);
  }
  return models;
}

/// Per column of `shared`: a coefficient there times this is the coefficient of the column of `own`.
std::vector<double> column_units(const Encoder& shared, const Encoder& own);

/// Parameters W (n_outputs, columns), then b (n_outputs), of the columns of `from`, for those of `to`: the same
/// function of the raw features, but for missing values where only one of the encoders has a column for them.
/// REQUIRES: encoders of one schema.
std::vector<double> recode_parameters(std::span<const double> parameters, const Encoder& from, const Encoder& to);

/// A sentence for each number that varies but counts as constant.
std::vector<std::string> ignored_features(const Schema& schema, const Encoder& encoder);

}  // namespace thrum
