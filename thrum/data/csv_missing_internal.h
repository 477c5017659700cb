#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/csv_number_internal.h"

namespace thrum::csv {

/// The texts that stand for a missing value. Blanks around one do not count.
class MissingMarkers {
 public:
  explicit MissingMarkers(std::vector<std::string> markers);

  bool contain(std::string_view text) const noexcept {
    return text.empty() ? empty_is_missing_
                        : first_bytes_[static_cast<unsigned char>(text.front())] && is_among(without_blanks(text));
  }
  /// Whether one of them is a number, such as "-999": then numbers must be looked up, too.
  bool any_number() const noexcept { return any_number_; }

 private:
  bool is_among(std::string_view text) const noexcept;

  std::vector<std::string> markers_;
  std::array<bool, 256> first_bytes_ = {};  ///< with which a marker, or blanks before one, may begin
  std::size_t longest_ = 0;
  bool empty_is_missing_ = false;
  bool any_number_ = false;
};

}  // namespace thrum::csv
