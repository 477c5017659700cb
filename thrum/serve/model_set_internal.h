#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/predictor.h"

namespace thrum::serving {

/// A compiled model and what it is called.
struct ModelImage {
  std::string name;
  std::string version;
  std::vector<std::byte> bytes;  ///< of Model::compile
};

/// All models of a server in one image, as pointer-free as theirs, which its workers map.
std::vector<std::byte> pack_models(std::span<const ModelImage> models);

struct ServedModel {
  std::string name;
  std::string version;
  std::unique_ptr<Predictor> predictor;
};

/// The inverse. `image` must be aligned to 64 bytes and outlive the models. Throws corrupt_data.
std::vector<ServedModel> open_models(ByteSpan image);

}  // namespace thrum::serving
