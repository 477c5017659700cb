#include <algorithm>
#include <cstdint>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

// The images, each at a multiple of 64, then a JSON object that says where they lie, then its length in 8 bytes.
constexpr std::size_t alignment = 64;

ByteSpan part(ByteSpan image, std::size_t offset, std::size_t size) {
  if (offset > image.size() || size > image.size() - offset) {
    throw Error(ErrorCode::corrupt_data, "[serve] the image of the models is cut short");
  }
  return image.subspan(offset, size);
}

void append(std::vector<std::byte>& image, ByteSpan bytes) {
  image.insert(image.end(), bytes.begin(), bytes.end());
}

Json tail_of(ByteSpan image) {
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (image.size() < size) part(image, 0, size);
  const auto length = load<std::uint64_t>(image.last(size));
  const ByteSpan rest = image.first(image.size() - size);
  return parse_json(text_of(part(rest, rest.size() - std::min<std::size_t>(length, rest.size()), length)), "serve");
}

}  // namespace

std::vector<std::byte> pack_models(std::span<const ModelImage> models, const Access& access) {
  std::vector<std::byte> image;
  Json tail = {{"models", Json::array()}, {"tokens", access.tokens}, {"admin_tokens", access.admin_tokens}};
  for (const ModelImage& model : models) {
    image.resize((image.size() + alignment - 1) / alignment * alignment);
    tail["models"].push_back(
        {{"name", model.name}, {"version", model.version}, {"offset", image.size()}, {"size", model.bytes.size()}});
    append(image, model.bytes);
  }
  const std::string text = tail.dump();
  const std::uint64_t length = text.size();
  append(image, bytes_of(text));
  append(image, std::as_bytes(std::span(&length, 1)));
  return image;
}

std::vector<ServedModel> open_models(ByteSpan image) {
  std::vector<ServedModel> models;
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("models")) {
    const ByteSpan bytes = part(image, entry.at("offset").get<std::size_t>(), entry.at("size").get<std::size_t>());
    models.push_back({entry.at("name"), entry.at("version"), open_predictor(bytes)});
  }
  return models;
}

Access open_access(ByteSpan image) {
  const Json tail = tail_of(image);
  return {tail.at("tokens").get<std::vector<std::string>>(), tail.at("admin_tokens").get<std::vector<std::string>>()};
}

}  // namespace thrum::serving
