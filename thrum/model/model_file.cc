#include "thrum/model/model_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t length_size = 8;
constexpr std::size_t longest_header = 100'000'000;  // as safetensors
constexpr std::size_t checksum_digits = 32;
constexpr std::string_view padding_prefix = "padding.";
/// Every header begins so, which tells where the checksum's digits are without parsing.
constexpr std::string_view header_begin = R"({"__metadata__":{"checksum":")";
constexpr std::size_t checksum_at = length_size + header_begin.size();

std::size_t round_up(std::size_t n) {
  return (n + alignment - 1) / alignment * alignment;
}

/// Of the file with the digits of its own checksum set to 0. REQUIRES: the file is long enough to hold them.
std::string checksum_of(ByteSpan file) {
  static constexpr std::string_view zeros = "00000000000000000000000000000000";
  static_assert(zeros.size() == checksum_digits);
  XXH3_state_t* state = XXH3_createState();
  THRUM_ASSERT(state != nullptr);
  XXH3_128bits_reset(state);
  XXH3_128bits_update(state, file.data(), checksum_at);
  XXH3_128bits_update(state, zeros.data(), zeros.size());
  const ByteSpan rest = file.subspan(checksum_at + checksum_digits);
  XXH3_128bits_update(state, rest.data(), rest.size());
  const XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// Bits: of a floating-point number, whose exponent is all ones where it is not finite.
template <class Bits>
bool all_finite(ByteSpan data, Bits exponent) {
  Bits largest = 0;
  for (std::size_t at = 0; at < data.size(); at += sizeof(Bits)) {
    largest = std::max(largest, load<Bits>(data.subspan(at)) & exponent);
  }
  return largest < exponent;
}

}  // namespace

void ModelFileBuilder::add_metadata(std::string key, std::string text) {
  THRUM_ASSERT(key != "checksum");
  THRUM_ASSERT(std::ranges::none_of(metadata_, [&](const auto& entry) { return entry.first == key; }));
  metadata_.emplace_back(std::move(key), std::move(text));
}

void ModelFileBuilder::add_bytes(std::string name, DType dtype, std::vector<std::size_t> shape, ByteSpan data) {
  const std::size_t size = data.size();
  add(std::move(name), dtype, std::move(shape),
      [copy = std::vector<std::byte>(data.begin(), data.end())](Put put) { put(0, copy); });
  THRUM_ASSERT(tensors_.back().size == size);
}

void ModelFileBuilder::add(std::string name, DType dtype, std::vector<std::size_t> shape,
                           std::function<void(Put)> write) {
  THRUM_ASSERT(std::ranges::none_of(tensors_, [&](const Tensor& tensor) { return tensor.name == name; }));
  std::size_t size = dtype_size(dtype);
  for (const std::size_t n : shape) size *= n;
  tensors_.push_back({std::move(name), dtype, std::move(shape), size, std::move(write)});
}

ModelFileBuilder::Layout ModelFileBuilder::layout() const {
  Json header;
  Json& metadata = header["__metadata__"];
  metadata["checksum"] = std::string(checksum_digits, '0');
  for (const auto& [key, text] : metadata_) metadata[key] = text;

  std::size_t end = 0;  // of what is described
  const auto describe = [&](const std::string& name, DType dtype, const std::vector<std::size_t>& shape,
                            std::size_t size) {
    header[name] = {{"dtype", dtype_name(dtype)}, {"shape", shape}, {"data_offsets", {end, end + size}}};
    end += size;
  };
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& tensor = tensors_[i];
    describe(tensor.name, tensor.dtype, tensor.shape, tensor.size);
    // safetensors allows no gap, so what aligns the next tensor is a tensor itself.
    const std::size_t gap = round_up(end) - end;
    if (gap > 0) describe(fmt::format("{}{}", padding_prefix, i), DType::u8, {gap}, gap);
  }

  std::string text = header.dump();
  text.resize(round_up(length_size + text.size()) - length_size, ' ');
  const std::uint64_t length = text.size();
  Layout layout{std::string(length_size, '\0') + text, length_size + text.size() + end};
  std::memcpy(layout.header.data(), &length, length_size);
  return layout;
}

void ModelFileBuilder::put(const Layout& layout, Put put) const {
  put(0, bytes_of(layout.header));
  std::size_t begin = layout.header.size();
  for (const Tensor& tensor : tensors_) {
    tensor.write([&](std::size_t offset, ByteSpan bytes) {
      THRUM_ASSERT(offset <= tensor.size && bytes.size() <= tensor.size - offset);
      put(begin + offset, bytes);
    });
    begin += round_up(tensor.size);
  }
}

std::vector<std::byte> ModelFileBuilder::bytes() const {
  const Layout layout = this->layout();
  std::vector<std::byte> file(layout.size);
  put(layout, [&](std::size_t offset, ByteSpan bytes) {
    if (!bytes.empty()) std::memcpy(file.data() + offset, bytes.data(), bytes.size());
  });
  const std::string checksum = checksum_of(file);
  std::memcpy(file.data() + checksum_at, checksum.data(), checksum.size());
  return file;
}

std::size_t ModelFileBuilder::put_unchecked(Put put) const {
  static constexpr std::byte zero{};
  const Layout layout = this->layout();
  put(layout.size - 1, {&zero, 1});  // padding ends the file, or a tensor that is put after this
  this->put(layout, put);
  return layout.size;
}

namespace {

void check_checksum(const ModelFile& file, ByteSpan bytes) {
  if (text_of(bytes.subspan(checksum_at, checksum_digits)) == checksum_of(bytes)) return;
  file.fail("is damaged or cut off: the checksum does not match the content");
}

/// Whether there is all of a header.
void check_begin(const ModelFile& file, ByteSpan bytes) {
  if (bytes.size() < checksum_at + checksum_digits ||
      text_of(bytes.subspan(length_size, header_begin.size())) != header_begin) {
    file.fail("is not a Thrum model file, or only its beginning");
  }
  const auto length = load<std::uint64_t>(bytes);
  if (length > longest_header || length > bytes.size() - length_size) {
    file.fail(fmt::format("is cut off or damaged: the header should have {} bytes, {} are there", length,
                          bytes.size() - length_size));
  }
}

std::size_t checked_size(const ModelFile& file, const Json& value) {
  if (!value.is_number_unsigned()) file.fail("has a shape or an offset that is not a whole number");
  return value.get<std::size_t>();
}

ModelFile::Tensor checked_description(const ModelFile& file, const std::string& name, const Json& json, ByteSpan data) {
  const Json& dtype_text = json_member(json, "dtype", file.source());
  const Json& shape = json_member(json, "shape", file.source());
  const Json& offsets = json_member(json, "data_offsets", file.source());
  const auto dtype = dtype_text.is_string() ? parse_dtype(dtype_text.get<std::string>()) : std::nullopt;
  if (!dtype || !shape.is_array() || !offsets.is_array() || offsets.size() != 2 || json.size() != 3) {
    file.fail(fmt::format("describes the tensor {} wrongly", in_quotes(name)));
  }
  ModelFile::Tensor tensor{*dtype, {}, {}};
  std::size_t size = dtype_size(*dtype);
  for (const Json& n : shape) {
    tensor.shape.push_back(checked_size(file, n));
    if (__builtin_mul_overflow(size, tensor.shape.back(), &size)) {
      file.fail(fmt::format("gives the tensor {} an impossible shape", in_quotes(name)));
    }
  }
  const std::size_t begin = checked_size(file, offsets[0]);
  const std::size_t end = checked_size(file, offsets[1]);
  if (begin > end || end > data.size() || end - begin != size) {
    file.fail(
        fmt::format("places the tensor {} outside the file, or with another size than its shape has", in_quotes(name)));
  }
  tensor.data = data.subspan(begin, size);
  return tensor;
}

void check_values(const ModelFile& file, const std::string& name, const ModelFile::Tensor& tensor) {
  const bool is_padding = name.starts_with(padding_prefix);
  if (is_padding && (tensor.dtype != DType::u8 || tensor.data.size() >= alignment)) file.fail("has wrong padding");
  const bool finite = tensor.dtype == DType::f64   ? all_finite<std::uint64_t>(tensor.data, 0x7ff0'0000'0000'0000)
                      : tensor.dtype == DType::f32 ? all_finite<std::uint32_t>(tensor.data, 0x7f80'0000)
                                                   : true;
  if (!finite) file.fail(fmt::format("has a value that is not finite in the tensor {}", in_quotes(name)));
}

}  // namespace

ModelFile::ModelFile(ByteSpan bytes, std::string source, Origin origin) : source_(std::move(source)), origin_(origin) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::max_align_t) != 0) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] the bytes must be aligned to 16", source_),
                "copy them, as deserialize does");
  }
  constexpr std::size_t large = std::size_t{16} << 20;
  check_begin(*this, bytes);
  if (origin_ == Origin::own) {
    read(bytes);
    return;
  }
  // The checksum comes first: where it is wrong, no other fault is told.
  Arena arena(bytes.size() < large ? 1 : std::min(2, available_cpus()), Backend::threads);
  arena.run(2, [&](std::size_t step) { step == 0 ? check_checksum(*this, bytes) : read(bytes); });
}

void ModelFile::read(ByteSpan bytes) {
  const auto length = load<std::uint64_t>(bytes);
  if ((length_size + length) % alignment != 0) fail("has tensors out of alignment");
  const std::string_view text = text_of(bytes.subspan(length_size, length));
  const ByteSpan data = bytes.subspan(length_size + length);
  const Json header = parse_json(text, source_);
  std::size_t end = 0;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : json.items()) {
        if (!value.is_string()) fail(fmt::format("has metadata {} that is not a string", in_quotes(key)));
        metadata_.emplace(key, value.get<std::string>());
      }
      continue;
    }
    Tensor tensor = checked_description(*this, name, json, data);
    if (tensor.data.data() != data.data() + end) fail("has tensors that overlap, leave gaps or are out of order");
    if (!name.starts_with(padding_prefix) && end % alignment != 0)
      fail(fmt::format("has {} out of alignment", in_quotes(name)));
    end += tensor.data.size();
    if (origin_ == Origin::anywhere) check_values(*this, name, tensor);
    tensors_.emplace(name, std::move(tensor));
  }
  if (end != data.size()) fail("has bytes after the last tensor");
}

bool ModelFile::has_metadata(std::string_view key) const {
  return metadata_.contains(key);
}

const std::string& ModelFile::metadata(std::string_view key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) fail(fmt::format("lacks the metadata {}", in_quotes(key)));
  return found->second;
}

ByteSpan ModelFile::checked_tensor(std::string_view name, DType dtype, std::span<const std::size_t> shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(fmt::format("lacks the tensor {}", in_quotes(name)));
  if (found->second.dtype != dtype || !std::ranges::equal(found->second.shape, shape)) {
    fail(fmt::format("has the tensor {} in another type or shape than it needs", in_quotes(name)));
  }
  return found->second.data;
}

void ModelFile::fail(const std::string& what) const {
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", source_, what));
}

}  // namespace thrum
