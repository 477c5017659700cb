#pragma once

#include <string>
#include <vector>

#include "thrum/data/prepare/pipeline.h"

namespace thrum::prepare_test {

/// What the pipeline, written and read back, makes of one raw row.
inline std::vector<double> made_of(const Pipeline& pipeline, std::vector<double> row) {
  const Pipeline again = Pipeline::from_json(pipeline.to_json(), pipeline.inputs(), "m");
  std::vector<double> out(again.outputs().size());
  again.apply({row.data(), 1, row.size()}, {out.data(), 1, out.size()});
  return out;
}

inline std::vector<std::string> names_of(const Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const Feature& feature : pipeline.outputs()) names.push_back(feature.name);
  return names;
}

}  // namespace thrum::prepare_test
