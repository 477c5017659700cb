#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

// The images, each at a multiple of 64, then a JSON object that says where they lie, then its length in 8 bytes.
constexpr std::size_t alignment = 64;

std::size_t aligned(std::size_t offset) {
  return (offset + alignment - 1) / alignment * alignment;
}

Json named(const ModelImage& model) {
  return {{"name", model.name}, {"version", model.version}};
}

ByteSpan part(ByteSpan image, std::size_t offset, std::size_t size) {
  if (offset > image.size() || size > image.size() - offset) {
    throw Error(ErrorCode::corrupt_data, "[serve] the image of the models is cut short");
  }
  return image.subspan(offset, size);
}

Json tail_of(ByteSpan image) {
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (image.size() < size) part(image, 0, size);
  const auto length = load<std::uint64_t>(image.last(size));
  const ByteSpan rest = image.first(image.size() - size);
  return parse_json(text_of(part(rest, rest.size() - std::min<std::size_t>(length, rest.size()), length)), "serve");
}

ByteSpan bytes_of_model(ByteSpan image, const Json& entry) {
  return part(image, entry.at("offset").get<std::size_t>(), entry.at("size").get<std::size_t>());
}

}  // namespace

UniqueFd share(ModelSet set) {
  const std::size_t in_memory = set.first.size;
  UniqueFd fd = set.first.fd ? std::move(set.first.fd) : create_memfd("thrum-models");
  Json tail = {{"models", Json::array()},
               {"unloaded", Json::array()},
               {"tokens", set.access.tokens},
               {"admin_tokens", set.access.admin_tokens}};
  std::size_t offset = 0;
  for (ModelImage& model : set.models) {
    const std::vector<std::byte> bytes = std::exchange(model.bytes, {});
    write_memfd(fd.get(), offset, bytes);
    const std::size_t size = offset == 0 && in_memory > 0 ? in_memory : bytes.size();
    tail["models"].push_back(named(model));
    tail["models"].back().update({{"offset", offset}, {"size", size}});
    offset = aligned(offset + size);
  }
  for (const ModelImage& model : set.unloaded) tail["unloaded"].push_back(named(model));
  const std::string text = tail.dump();
  const std::uint64_t length = text.size();
  write_memfd(fd.get(), offset, bytes_of(text));
  write_memfd(fd.get(), offset + text.size(), std::as_bytes(std::span(&length, 1)));
  seal_memfd(fd.get());
  return fd;
}

ModelSet set_in(ByteSpan image) {
  ModelSet set{.access = open_access(image)};
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("models")) {
    const ByteSpan bytes = bytes_of_model(image, entry);
    set.models.push_back({entry.at("name"), entry.at("version"), {bytes.begin(), bytes.end()}});
  }
  for (const Json& entry : tail.at("unloaded")) set.unloaded.push_back({entry.at("name"), entry.at("version")});
  return set;
}

std::vector<ServedModel> open_models(ByteSpan image) {
  std::vector<ServedModel> models;
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("models")) {
    const ByteSpan bytes = bytes_of_model(image, entry);
    models.push_back({entry.at("name"), entry.at("version"), open_predictor(bytes, Origin::own)});
  }
  return models;
}

std::vector<ServedModel> open_unloaded(ByteSpan image) {
  std::vector<ServedModel> models;
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("unloaded")) models.push_back({entry.at("name"), entry.at("version"), nullptr});
  return models;
}

Access open_access(ByteSpan image) {
  const Json tail = tail_of(image);
  return {tail.at("tokens").get<std::vector<std::string>>(), tail.at("admin_tokens").get<std::vector<std::string>>()};
}

}  // namespace thrum::serving
