#pragma once

#include <string>
#include <vector>

#include "thrum/cli/parameter.h"
#include "thrum/cli/session.h"
#include "thrum/data/table.h"

namespace thrum::cli {

/// How a command reads its data.
struct DataArguments {
  std::string file = {};
  bool no_header = false;
  std::string delimiter = {};
};

/// The positional DATA and the flags about its format. `arguments` outlives them.
std::vector<Parameter> data_parameters(DataArguments& arguments, const std::string& help);

/// Reads `file` as `arguments` say. Throws Failure (data), or (usage) for a delimiter that is none.
Table read_data(const DataArguments& arguments, const std::string& file, const Session& session);

/// "22,792 rows, 14 columns"
std::string shape_text(std::size_t rows, std::size_t columns, const std::string& noun);

}  // namespace thrum::cli
