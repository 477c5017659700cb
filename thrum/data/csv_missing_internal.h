#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::csv {

/// The texts that stand for a missing value. Blanks around one do not count.
class MissingMarkers {
 public:
  explicit MissingMarkers(std::vector<std::string> markers);

  bool contain(std::string_view text) const noexcept;
  /// Whether one of them is a number, such as "-999": then numbers must be looked up, too.
  bool any_number() const noexcept { return any_number_; }

 private:
  std::vector<std::string> markers_;
  std::bitset<256> first_bytes_;
  std::size_t longest_ = 0;
  bool empty_is_missing_ = false;
  bool any_number_ = false;
};

}  // namespace thrum::csv
