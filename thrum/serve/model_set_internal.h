#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/access_internal.h"
#include "thrum/serve/model_table_internal.h"

namespace thrum::serving {

/// All that workers serve, in one image that is as pointer-free as those of the models in it, and is made in the memory
/// that the workers will map.
class ModelSet {
 public:
  /// A compiled model. Returns the bytes it takes. Throws io.
  std::size_t add(std::string name, std::string version, ByteSpan image);
  /// The same for one that is so large that it should be written there only.
  std::size_t add(std::string name, std::string version, const ModelFileBuilder& image);
  /// In the repository, but not to be served.
  void add_unloaded(std::string name, std::string version);
  bool empty() const noexcept { return models_.empty(); }

  /// The models in the order of list_models; the first one answers where none is named. REQUIRES: it is called once, at
  /// the end. Throws io.
  UniqueFd share(const Access& access);

 private:
  struct Entry {
    std::string name;
    std::string version;
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  std::size_t add_entry(std::string name, std::string version, std::size_t size);

  UniqueFd memory_ = create_memfd("thrum-models");
  std::size_t end_ = 0;
  std::vector<Entry> models_;
  std::vector<Entry> unloaded_;
};

/// A compiled model where it lies in an image.
struct ModelImage {
  std::string name;
  std::string version;
  ByteSpan bytes;
};

struct ServedModel {
  std::string name;
  std::string version;
  std::unique_ptr<Predictor> predictor;  ///< none where it is unloaded
  ModelTable::Entry* counts = nullptr;   ///< where its requests are counted
  std::size_t n_bytes = 0;               ///< of its image
};

/// What is in an image. It must outlive the models. Throws corrupt_data.
std::vector<ModelImage> models_in(ByteSpan image);
std::vector<ServedModel> open_models(ByteSpan image);
std::vector<ServedModel> open_unloaded(ByteSpan image);
Access open_access(ByteSpan image);

}  // namespace thrum::serving
