#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/predictor.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/access_internal.h"
#include "thrum/serve/model_table_internal.h"

namespace thrum::serving {

/// A compiled model and what it is called.
struct ModelImage {
  std::string name;
  std::string version;
  std::vector<std::byte> bytes = {};  ///< of Model::compile
};

/// A compiled model in a memfd, which is not sealed yet.
struct ImageMemory {
  UniqueFd fd = {};
  std::size_t size = 0;
};

/// All that workers serve.
struct ModelSet {
  std::vector<ModelImage> models = {};  ///< the first one answers where none is named
  Access access = {};
  std::vector<ModelImage> unloaded = {};  ///< in the repository, but not to be served: without bytes
  ImageMemory first = {};                 ///< the bytes of the first model, where it has none
};

/// The set in one image, as pointer-free as those of the models, which the workers map: in the memory of the first
/// model where it has one. Throws io.
UniqueFd share(ModelSet set);

struct ServedModel {
  std::string name;
  std::string version;
  std::unique_ptr<Predictor> predictor;  ///< none where it is unloaded
  ModelTable::Entry* counts = nullptr;   ///< where its requests are counted
};

/// The set again, a copy. Throws corrupt_data.
ModelSet set_in(ByteSpan image);

/// What is in it, where it lies. `image` must outlive the models. Throws corrupt_data.
std::vector<ServedModel> open_models(ByteSpan image);
std::vector<ServedModel> open_unloaded(ByteSpan image);
Access open_access(ByteSpan image);

}  // namespace thrum::serving
