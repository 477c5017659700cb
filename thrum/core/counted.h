#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thrum {

/// 22792 → "22,792".
std::string grouped(std::size_t number);

/// "1 thread", "2,000 threads"; `nouns` where an s does not make it: "3 leaves".
std::string counted(std::size_t count, std::string_view noun, std::string_view nouns = "");

}  // namespace thrum
