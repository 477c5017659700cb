#include "thrum/core/counted.h"

namespace thrum {

std::string grouped(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(std::size_t count, std::string_view noun, std::string_view nouns) {
  const std::string text = grouped(count) + " ";
  if (count == 1) return text + std::string(noun);
  return text + (nouns.empty() ? std::string(noun) + "s" : std::string(nouns));
}

}  // namespace thrum
