#pragma once

#include <string>
#include <variant>
#include <vector>

#include "thrum/cli/parameter.h"
#include "thrum/cli/session.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/schema.h"
#include "thrum/data/table.h"

namespace thrum::cli {

/// How a command reads its data.
struct DataArguments {
  std::string file = {};
  std::string format = "automatic";
  bool no_header = false;
  std::string delimiter = {};
  std::vector<std::string> names = {};
  std::vector<std::string> arrays = {};
  std::string label_file = {};
};

/// The positional DATA and the flags about its format. `arguments` outlives them.
std::vector<Parameter> data_parameters(DataArguments& arguments, const std::string& help);

/// Reads the file that `arguments` name. `expected`: the columns that are to be used, which a sparse file may leave
/// out. Throws Failure (data), or (usage) for a delimiter that is none.
Table read_data(const DataArguments& arguments, const Session& session, std::vector<std::string> expected = {});
/// The same for the features of a model.
Table read_data(const DataArguments& arguments, const Session& session, const Schema& schema);

using DataRows = std::variant<Table, LibsvmData>;
std::size_t n_rows(const DataRows& rows);
const std::string& source_of(const DataRows& rows);

/// The same, but rows of a LIBSVM file as they stand there, sparse, unless flags give it other columns.
DataRows read_rows(const DataArguments& arguments, const Session& session, std::vector<std::string> expected = {});
/// The same for a model, which may ask for a table.
DataRows read_rows(const DataArguments& arguments, const Session& session, const Schema& schema);

/// "22,792 rows, 14 columns"
std::string shape_text(std::size_t rows, std::size_t columns, const std::string& noun);

}  // namespace thrum::cli
