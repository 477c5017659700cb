#include "thrum/data/csv_rows_internal.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace thrum::csv {
namespace {

constexpr std::size_t npos = std::string_view::npos;

enum class State : unsigned char {
  plain,   ///< outside quotes
  quoted,  ///< inside
  doubled  ///< inside, and the next quote belongs to the one just seen
};

/// What a piece of text does to one who enters it in a given state.
struct Passage {
  State state;
  std::size_t rows = 0;
  std::size_t last_row_end = npos;  ///< behind the last line break outside quotes
};

struct Piece {
  std::array<Passage, 2> passages;  ///< entered in State::plain and State::quoted
  bool nul = false;
};

State after_quote(State state, std::string_view text, std::size_t quote, char delimiter) noexcept {
  switch (state) {
    case State::plain: {
      const bool opens = quote == 0 || text[quote - 1] == delimiter || text[quote - 1] == '\n';
      return opens ? State::quoted : State::plain;
    }
    case State::quoted:
      return quote + 1 < text.size() && text[quote + 1] == '"' ? State::doubled : State::plain;
    case State::doubled:
      return State::quoted;
  }
  return State::plain;
}

std::size_t behind_last_line_break(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  const void* found = ::memrchr(text.data() + begin, '\n', end - begin);
  return found == nullptr ? npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1;
}

/// Walks on through [begin, end), which holds no quotes and few line breaks.
void walk_plain(std::array<Passage, 2>& passages, std::string_view text, std::size_t begin, std::size_t end,
                BlankLines blank_lines) noexcept {
  const std::string_view piece = text.substr(0, end);
  for (std::size_t i = piece.find('\n', begin); i != npos; i = piece.find('\n', i + 1)) {
    for (Passage& passage : passages) {
      if (passage.state != State::plain) continue;
      passage.rows += ends_row(text, i, blank_lines);
      passage.last_row_end = i + 1;
    }
  }
}

/// Both cases are walked through together: they nearly always meet after the first quote.
void walk(std::array<Passage, 2>& passages, std::string_view text, std::size_t begin, std::size_t end,
          const RowFormat& format) noexcept {
  while (begin < end) {
    const std::size_t quote = std::min(text.substr(0, end).find('"', begin), end);
    walk_plain(passages, text, begin, quote, format.blank_lines);
    if (quote == end) return;
    for (Passage& passage : passages) passage.state = after_quote(passage.state, text, quote, format.delimiter);
    begin = quote + 1;
  }
}

Piece look_at(std::string_view text, std::size_t begin, std::size_t end, const RowFormat& format) noexcept {
  Piece piece{.passages = {Passage{State::plain}, Passage{State::quoted}}};
  const Census census = take_census(text, begin, end, format.blank_lines);
  piece.nul = census.nul;
  if (census.quote) {
    walk(piece.passages, text, begin, end, format);
  } else {
    piece.passages[0].rows = census.rows;
    piece.passages[0].last_row_end = behind_last_line_break(text, begin, end);
  }
  return piece;
}

/// The ends of the pieces. None lies between two quotes, so that a quote at an end needs no look beyond it.
std::vector<std::size_t> piece_ends(std::string_view text, std::size_t begin, std::size_t block_size) {
  std::vector<std::size_t> ends;
  while (begin < text.size()) {
    std::size_t end = text.size() - begin > block_size ? begin + block_size : text.size();
    while (end < text.size() && text[end] == '"' && text[end - 1] == '"') ++end;
    ends.push_back(end);
    begin = end;
  }
  return ends;
}

void add_block(Rows& rows, std::string_view text, std::size_t offset, std::size_t n_rows) {
  if (n_rows == 0) return;
  rows.blocks.push_back({text, offset, rows.n_rows, n_rows});
  rows.n_rows += n_rows;
}

/// The row that ends with the text instead of a line break. Of a carriage return there it makes two, so that it does
/// not become half of a line end.
void add_tail(Rows& rows, std::string_view text, std::size_t begin) {
  const std::string_view last = text.substr(begin);
  if (last.empty()) return;
  rows.tail.reserve(last.size() + 2);
  rows.tail.assign(last.begin(), last.end());
  if (last.back() == '\r') rows.tail.push_back('\r');
  rows.tail.push_back('\n');
  add_block(rows, {rows.tail.data(), rows.tail.size()}, begin, 1);
}

}  // namespace

Rows split_rows(std::string_view text, std::size_t begin, const RowFormat& format, std::size_t block_size,
                const Execution& execution) {
  const std::vector<std::size_t> ends = piece_ends(text, begin, block_size);
  const auto begin_of = [&](std::size_t i) { return i == 0 ? begin : ends[i - 1]; };
  const auto pieces = parallel_map(
      *execution.arena, ends.size(),
      [&](std::size_t i) {
        const Piece piece = look_at(text, begin_of(i), ends[i], format);
        execution.keep_within_limit();
        return piece;
      },
      execution.stop);

  Rows rows;
  bool quoted = false;
  std::size_t row_begin = begin;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].nul && rows.first_nul == npos) rows.first_nul = text.find('\0', begin_of(i));
    const Passage& passage = pieces[i].passages[quoted];
    quoted = passage.state != State::plain;
    if (passage.last_row_end == npos) continue;
    add_block(rows, text.substr(row_begin, passage.last_row_end - row_begin), row_begin, passage.rows);
    row_begin = passage.last_row_end;
  }
  add_tail(rows, text, row_begin);
  return rows;
}

}  // namespace thrum::csv
