#pragma once

namespace thrum {

/// How many CPUs this process may use, at least 1.
int available_cpus();

}  // namespace thrum
