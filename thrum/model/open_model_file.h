#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "thrum/core/function_ref.h"
#include "thrum/model/model.h"
#include "thrum/model/model_file.h"
#include "thrum/runtime/file_copy.h"

namespace thrum {

/// A model file whose checksum, layout and description have been seen to be right: a model can be made of it, or the
/// model's image at once, whatever has become of the file since.
class OpenModelFile {
 public:
  /// `stop`: for model(), too. Throws io, or corrupt_data naming the path and the fault; cancelled.
  explicit OpenModelFile(const std::filesystem::path& path, std::stop_token stop = {});

  const std::string& algorithm() const { return file_.metadata("algorithm"); }
  /// Of raw columns.
  const Schema& schema() const noexcept { return schema_; }
  std::size_t size() const noexcept { return copy_.bytes().size(); }

  /// As load_model. Throws corrupt_data; cancelled.
  std::unique_ptr<Model> model() const;

  /// Hands what model()->compile() returns to `use`, to be written where it is wanted: without the time and the memory
  /// that a model of hundreds of megabytes takes. False where this algorithm has no such way; `use` is not called then.
  /// Throws corrupt_data.
  bool build_image(FunctionRef<void(const ModelFileBuilder& image)> use) const;

 private:
  void check_stop() const;

  std::stop_token stop_;
  FileCopy copy_;
  ModelFile file_;
  Schema schema_;
};

}  // namespace thrum
