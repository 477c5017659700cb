#pragma once

#include <span>
#include <string>
#include <string_view>

namespace thrum {

/// The candidate with the smallest edit distance to `name`, or "" where none is near (more than a third of its letters
/// off).
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// `nearest: "income"`, or "" where no candidate is near: the hint of an error about an unknown name.
std::string nearest_hint(std::string_view name, std::span<const std::string> candidates);

}  // namespace thrum
