#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/data/csv_source_internal.h"
#include "thrum/data/formats/npy_internal.h"

namespace thrum::formats {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// A header as it stands in the file.
struct Header {
  std::optional<std::string> descr;  ///< "<f8"; of a structured type "["
  std::optional<bool> fortran;
  std::optional<std::vector<std::size_t>> shape;
};

/// Reads the dictionary that a header is, a literal of Python with three known keys.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header parse() {
    expect('{');
    while (!accept('}')) {
      parse_entry();
      if (accept(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (at_ != text_.size()) fail("nothing behind it");
    return std::move(header_);
  }

 private:
  void parse_entry() {
    const std::string key = parse_string();
    expect(':');
    if (key == "descr" && !header_.descr) {
      header_.descr = parse_descr();
    } else if (key == "fortran_order" && !header_.fortran) {
      header_.fortran = parse_truth();
    } else if (key == "shape" && !header_.shape) {
      header_.shape = parse_shape();
    } else {
      fail("the keys descr, fortran_order and shape, once each");
    }
  }

  std::string parse_string() {
    skip_blanks();
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("the end of a string");
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }

  /// What the fields of a structured type are does not matter.
  std::string parse_descr() {
    if (!accept('[')) return parse_string();
    at_ = text_.size();
    refuse_structure();
  }

  bool parse_truth() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    fail("True or False");
  }

  std::vector<std::size_t> parse_shape() {
    std::vector<std::size_t> shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(parse_size());
      if (accept(',')) continue;
      expect(')');
      break;
    }
    return shape;
  }

  std::size_t parse_size() {
    skip_blanks();
    std::size_t size = 0;
    const char* const end = text_.data() + text_.size();
    const auto parsed = std::from_chars(text_.data() + at_, end, size);
    if (parsed.ec != std::errc()) fail("the length of an axis");
    at_ = static_cast<std::size_t>(parsed.ptr - text_.data());
    return size;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool accept(char c) { return accept_word({&c, 1}); }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("{}", c));
  }

  [[noreturn]] void fail(std::string_view expected) const {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] the NPY header is damaged: expected {}, got {}", name_,
                                                     expected, in_quotes(text_.substr(at_))));
  }
  [[noreturn]] void refuse_structure() const {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] a structured array holds records, expected numbers", name_),
                "save its fields side by side: numpy.savez(file, **{n: a[n] for n in a.dtype.names})");
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  Header header_;
};

/// Where the dictionary and the numbers stand.
struct Parts {
  std::string_view header;
  ByteSpan data;
};

Parts split(ByteSpan bytes, const std::string& name) {
  const auto fail = [&](const std::string& message, const std::string& hint) {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", name, message), hint);
  };
  const auto end_early = [&] {
    fail(fmt::format("the NPY header ends early, after {} bytes", bytes.size()), "copy the file again");
  };
  constexpr std::size_t at_length = magic.size() + 2;
  if (bytes.size() < at_length) end_early();
  const auto major = static_cast<unsigned>(bytes[magic.size()]);
  if (major < 1 || major > 3) fail(fmt::format("version {} of NPY is not known", major), "expected 1, 2 or 3");
  const std::size_t length_size = major == 1 ? 2 : 4;
  if (bytes.size() < at_length + length_size) end_early();
  const std::size_t length =
      major == 1 ? load<std::uint16_t>(bytes.subspan(at_length)) : load<std::uint32_t>(bytes.subspan(at_length));
  const ByteSpan rest = bytes.subspan(at_length + length_size);
  if (rest.size() < length) end_early();
  return {text_of(rest.first(length)), rest.subspan(length)};
}

std::string_view kind_name(char kind) noexcept {
  switch (kind) {
    case 'O':
      return "Python objects";
    case 'U':
    case 'S':
    case 'a':
      return "texts";
    case 'c':
      return "complex numbers";
    case 'M':
    case 'm':
      return "times";
    case 'V':
      return "raw bytes";
    default:
      return "elements";
  }
}

std::optional<ElementType> parse_type(std::string_view descr) {
  if (descr.size() != 3 || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) return std::nullopt;
  ElementType type{.size = static_cast<std::size_t>(descr[2] - '0'), .big_endian = descr[0] == '>'};
  const bool power_of_two = type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8;
  switch (descr[1]) {
    case 'b':
      type.kind = ElementKind::boolean;
      return type.size == 1 ? std::optional(type) : std::nullopt;
    case 'i':
      type.kind = ElementKind::signed_integer;
      return power_of_two ? std::optional(type) : std::nullopt;
    case 'u':
      type.kind = ElementKind::unsigned_integer;
      return power_of_two ? std::optional(type) : std::nullopt;
    case 'f':
      return power_of_two && type.size > 1 ? std::optional(type) : std::nullopt;
    default:
      return std::nullopt;
  }
}

ElementType type_of(std::string_view descr, const std::string& name) {
  if (const auto type = parse_type(descr)) return *type;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] an array of {} ({}) cannot be read, expected numbers of 1 to 8 bytes", name,
                          kind_name(descr.size() > 1 ? descr[1] : ' '), in_quotes(descr)),
              "save array.astype(float) or such");
}

}  // namespace

bool is_npy(ByteSpan bytes) noexcept {
  return text_of(bytes).starts_with(magic);
}

NumberArray parse_npy(ByteSpan bytes, const std::string& name) {
  const Parts parts = split(bytes, name);
  Header header = HeaderParser(parts.header, name).parse();
  if (!header.descr || !header.fortran || !header.shape) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("[{}] the NPY header is damaged: expected the keys descr, fortran_order and shape", name));
  }
  return make_array(type_of(*header.descr, name), std::move(*header.shape), *header.fortran, parts.data, name);
}

}  // namespace thrum::formats
