#include "thrum/cache/memory.h"

namespace thrum {

std::vector<EntryInfo> Memory::entries() const {
  std::vector<EntryInfo> infos;
  store_.for_each([&](const EntryInfo& info) { infos.push_back(info); });
  return infos;
}

}  // namespace thrum
