#include "thrum/runtime/machine.h"

#include <algorithm>
#include <thread>

namespace thrum {

int available_cpus() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace thrum
