#include "thrum/runtime/simd.h"

#include <hwy/targets.h>

#include <cstdint>

#include "thrum/core/error.h"

namespace thrum {
std::vector<std::string> simd_levels() {
  std::vector<std::string> levels;
  // Highway numbers its targets from the best one upwards.
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) levels.emplace_back(hwy::TargetName(target));
  return levels;
}

std::string simd_level() {
  return simd_levels().front();
}

void pin_simd_level(const std::string& level) {
  std::string names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (level == hwy::TargetName(target)) {
      hwy::DisableTargets(target - 1);
      return hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
    names += (names.empty() ? "" : ", ") + std::string(hwy::TargetName(target));
  }
  throw Error(ErrorCode::invalid_argument, "[simd] this machine has no level \"" + level + "\"; it has " + names);
}

}  // namespace thrum
