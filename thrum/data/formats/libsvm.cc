#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/data/csv_source_internal.h"
#include "thrum/data/formats/libsvm_internal.h"

namespace thrum::formats {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::uint64_t largest_index = 0xFFFF'FFFE;

/// The words of a line, the comment left out.
class Words {
 public:
  explicit Words(std::string_view line) : left_(line.substr(0, line.find('#'))) {}

  /// "" at the end.
  std::string_view next() noexcept {
    left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
    const std::string_view word = left_.substr(0, left_.find_first_of(blanks));
    left_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view left_;
};

/// A finite number; nullopt for anything else.
std::optional<double> finite_number(std::string_view word) noexcept {
  if (word.starts_with('+') && !word.starts_with("+-")) word.remove_prefix(1);
  double value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

template <class Integer>
std::optional<Integer> whole_number(std::string_view word) noexcept {
  Integer value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  return whole ? std::optional(value) : std::nullopt;
}

/// "12:0.5" as its halves; the second is "" without a colon.
std::pair<std::string_view, std::string_view> halves(std::string_view word) noexcept {
  const std::size_t colon = word.find(':');
  return colon == std::string_view::npos ? std::pair(word, std::string_view())
                                         : std::pair(word.substr(0, colon), word.substr(colon + 1));
}

/// The rows of some lines, with the places where errors are found by the line.
struct Part {
  LibsvmRows rows = {};
  std::size_t first_without_qid = std::string_view::npos;  ///< offsets of rows
  std::size_t first_with_qid = std::string_view::npos;
  std::size_t widest = 0;  ///< offset of the line with the largest index
};

class LineParser {
 public:
  LineParser(const csv::Source& source, Part& part) : source_(source), part_(part) {}

  /// A line without a row is skipped.
  void parse(std::string_view line) {
    offset_ = static_cast<std::size_t>(line.data() - source_.text.data());
    Words words(line);
    const std::string_view label = words.next();
    if (label.empty()) return;
    add_label(label);
    std::string_view word = words.next();
    if (word.starts_with("qid:")) {
      add_query(word.substr(4));
      word = words.next();
    } else {
      part_.first_without_qid = std::min(part_.first_without_qid, offset_);
    }
    for (least_ = 0; !word.empty(); word = words.next()) add_value(word);
    part_.rows.row_offsets.push_back(part_.rows.values.size());
  }

 private:
  void add_label(std::string_view word) {
    const auto label = finite_number(word);
    if (!label && word.find(',') != std::string_view::npos) {
      fail(fmt::format("expected one label, got {}", in_quotes(word)), "several labels per row cannot be learned");
    }
    if (!label) fail(fmt::format("expected a number as the label, got {}", in_quotes(word)));
    part_.rows.labels.push_back(*label);
  }

  void add_query(std::string_view text) {
    const auto query = whole_number<std::int64_t>(text);
    if (!query) fail(fmt::format("expected a whole number after qid:, got {}", in_quotes(text)));
    part_.rows.query_ids.push_back(*query);
    part_.first_with_qid = std::min(part_.first_with_qid, offset_);
  }

  void add_value(std::string_view word) {
    const auto [index_text, value_text] = halves(word);
    const auto index = whole_number<std::uint64_t>(index_text);
    const auto value = finite_number(value_text);
    if (!index || !value) {
      fail(fmt::format("expected index:value with a finite value, got {}", in_quotes(word)));
    }
    if (*index > largest_index) fail(fmt::format("index {} is beyond {}", *index, largest_index));
    if (*index < least_) {
      fail(fmt::format("index {} follows {}", *index, least_ - 1), "expected ascending indices, each once");
    }
    least_ = *index + 1;
    part_.rows.indices.push_back(static_cast<std::uint32_t>(*index));
    part_.rows.values.push_back(*value);
    if (*index == 0) part_.rows.first_index = 0;
    if (least_ > part_.rows.end_index) part_.widest = offset_;
    part_.rows.end_index = std::max(part_.rows.end_index, least_);
  }

  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const {
    source_.fail(fmt::format("line {}: {}", source_.line(offset_), message), hint);
  }

  const csv::Source& source_;
  Part& part_;
  std::size_t offset_ = 0;   ///< of the line
  std::uint64_t least_ = 0;  ///< that the next index may be
};

std::string_view first_line(std::string_view text) noexcept {
  return text.substr(0, text.find('\n'));
}

Part parse_block(const csv::Source& source, std::string_view block) {
  Part part;
  LineParser parser(source, part);
  while (!block.empty()) {
    const std::string_view line = first_line(block);
    parser.parse(line);
    block.remove_prefix(std::min(line.size() + 1, block.size()));
  }
  return part;
}

/// Cut behind line ends, near the multiples of `block_size`.
std::vector<std::string_view> blocks_of(std::string_view text, std::size_t block_size) {
  std::vector<std::string_view> blocks;
  while (!text.empty()) {
    const std::size_t end = text.size() <= block_size ? text.size() : text.find('\n', block_size - 1);
    blocks.push_back(text.substr(0, end == std::string_view::npos ? text.size() : end + 1));
    text.remove_prefix(blocks.back().size());
  }
  return blocks;
}

void refuse_some_without_qid(const csv::Source& source, std::span<const Part> parts) {
  std::size_t with = std::string_view::npos;
  std::size_t without = std::string_view::npos;
  for (const Part& part : parts) {
    with = std::min(with, part.first_with_qid);
    without = std::min(without, part.first_without_qid);
  }
  if (with == std::string_view::npos || without == std::string_view::npos) return;
  source.fail(fmt::format("line {} has a qid, line {} has none", source.line(with), source.line(without)),
              "expected it in all rows or in none");
}

/// The number of the line with the largest index, of several the first; 0 where there is no index.
std::size_t widest_line(const csv::Source& source, std::span<const Part> parts) {
  const auto end = [](const Part& part) { return part.rows.end_index; };
  const auto widest = std::ranges::max_element(parts, {}, end);
  return widest == parts.end() || end(*widest) == 1 ? 0 : source.line(widest->widest);
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

LibsvmRows joined(std::vector<Part> parts) {
  LibsvmRows all;
  std::size_t n_rows = 0;
  std::size_t n_values = 0;
  for (const Part& part : parts) {
    n_rows += part.rows.n_rows();
    n_values += part.rows.values.size();
  }
  all.labels.reserve(n_rows);
  all.row_offsets.reserve(n_rows + 1);
  all.indices.reserve(n_values);
  all.values.reserve(n_values);
  for (Part& part : parts) {
    const LibsvmRows rows = std::move(part.rows);
    const std::uint64_t before = all.values.size();
    append(all.labels, rows.labels);
    append(all.query_ids, rows.query_ids);
    append(all.indices, rows.indices);
    append(all.values, rows.values);
    for (std::size_t i = 1; i < rows.row_offsets.size(); ++i) all.row_offsets.push_back(before + rows.row_offsets[i]);
    all.first_index = std::min(all.first_index, rows.first_index);
    all.end_index = std::max(all.end_index, rows.end_index);
  }
  return all;
}

}  // namespace

bool looks_like_libsvm(std::string_view text) noexcept {
  constexpr int most_labels_alone = 1000;  // a CSV file of one column may have any number of them
  text = without_byte_order_mark(text);
  for (int labels_alone = 0; !text.empty() && labels_alone < most_labels_alone;) {
    const std::string_view line = first_line(text);
    Words words(line);
    const std::string_view label = words.next();
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (label.empty()) continue;
    if (!finite_number(label)) return false;
    std::string_view word = words.next();
    if (word.starts_with("qid:")) word = words.next();
    if (word.empty()) {
      ++labels_alone;
      continue;
    }
    const auto [index, value] = halves(word);
    return whole_number<std::uint64_t>(index) && finite_number(value);
  }
  return false;
}

LibsvmRows parse_libsvm(std::string_view text, const std::string& name, std::size_t block_size,
                        const Execution& execution) {
  text = without_byte_order_mark(text);
  const csv::Source source{name, text};
  const std::vector<std::string_view> blocks = blocks_of(text, block_size);
  std::vector<Part> parts = parallel_map(
      *execution.arena, blocks.size(),
      [&](std::size_t b) {
        Part part = parse_block(source, blocks[b]);
        execution.keep_within_limit();
        const auto done = static_cast<std::size_t>(blocks[b].data() + blocks[b].size() - text.data());
        execution.report({.stage = "read", .done = done, .total = text.size()});
        return part;
      },
      execution.stop);
  refuse_some_without_qid(source, parts);
  const std::size_t widest = widest_line(source, parts);
  LibsvmRows rows = joined(std::move(parts));
  rows.widest_line = widest;
  if (rows.n_rows() == 0) source.fail("there are no rows");
  return rows;
}

void widen(LibsvmRows& rows, std::span<const std::string> names) {
  for (const std::string_view name : names) {
    const auto index = name.starts_with('x') ? whole_number<std::uint64_t>(name.substr(1)) : std::nullopt;
    if (!index || *index > largest_index) continue;
    if (*index == 0) rows.first_index = 0;
    if (*index >= rows.end_index) rows.widest_line = 0;
    rows.end_index = std::max(rows.end_index, *index + 1);
  }
}

}  // namespace thrum::formats
