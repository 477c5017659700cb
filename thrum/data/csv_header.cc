#include "thrum/data/csv_header_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/data/csv_field_internal.h"

namespace thrum::csv {
namespace {

constexpr std::array<char, 4> known_delimiters = {',', '\t', ';', '|'};

struct FirstRow {
  std::vector<Field> fields;
  const char* end;
};

FirstRow scan_row(const Source& source, std::size_t begin, char delimiter) {
  const char* const text_end = source.text.data() + source.text.size();
  FirstRow row{{}, source.text.data() + begin};
  for (bool last = false; !last;) {
    const auto offset = static_cast<std::size_t>(row.end - source.text.data());
    const Field& field =
        row.fields.emplace_back(scan_field(source, row.end, text_end, delimiter, offset, row.fields.size()));
    if (field.fault != Fault::none) {
      fail_field(source, field, static_cast<std::size_t>(field.next - source.text.data()), row.fields.size() - 1);
    }
    last = field.last;
    row.end = field.next;
  }
  return row;
}

}  // namespace

char detect_delimiter(std::string_view text, std::size_t begin) noexcept {
  std::array<std::size_t, known_delimiters.size()> counts = {};
  bool quoted = false;
  for (std::size_t i = begin; i < text.size() && (quoted || text[i] != '\n'); ++i) {
    quoted ^= text[i] == '"';
    const auto found = std::find(known_delimiters.begin(), known_delimiters.end(), text[i]);
    if (!quoted && found != known_delimiters.end())
      ++counts[static_cast<std::size_t>(found - known_delimiters.begin())];
  }
  return known_delimiters[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

bool can_delimit(char delimiter) noexcept {
  const auto byte = static_cast<unsigned char>(delimiter);
  return byte < 0x80 && std::isalnum(byte) == 0 &&
         std::string_view("\"\r\n.+-").find(delimiter) == std::string_view::npos;
}

void check_delimiter(char delimiter) {
  if (can_delimit(delimiter)) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("[csv] expected a delimiter such as \",\" or \";\", got {:?}", std::string_view(&delimiter, 1)),
      "letters, digits, quotes, line ends and the signs of numbers cannot separate fields");
}

Header read_header(const Source& source, std::size_t begin, char delimiter) {
  const FirstRow row = scan_row(source, begin, delimiter);
  Header header{{}, static_cast<std::size_t>(row.end - source.text.data())};
  std::unordered_map<std::string, std::size_t> columns;
  for (std::size_t c = 0; c < row.fields.size(); ++c) {
    const Field& field = row.fields[c];
    const auto offset = static_cast<std::size_t>(field.text.data() - source.text.data());
    std::string name = field.escaped ? unescape(field.text) : std::string(field.text);
    if (name.empty()) name = std::to_string(c);
    if (const auto nul = field.text.find('\0'); nul != std::string_view::npos) fail_nul(source, offset + nul, c);
    if (!is_utf8(name)) {
      source.fail(offset, c, "the name is not UTF-8", "convert the file, such as with iconv -f latin1 -t utf-8");
    }
    const auto [other, is_new] = columns.emplace(name, c);
    if (!is_new) {
      source.fail(offset, c, fmt::format("column {} has the name {}, too", other->second + 1, in_quotes(name)),
                  "give each column a name of its own");
    }
    header.names.push_back(std::move(name));
  }
  return header;
}

std::vector<std::string> number_columns(const Source& source, std::size_t begin, char delimiter) {
  std::vector<std::string> names(scan_row(source, begin, delimiter).fields.size());
  for (std::size_t c = 0; c < names.size(); ++c) names[c] = std::to_string(c);
  return names;
}

}  // namespace thrum::csv
