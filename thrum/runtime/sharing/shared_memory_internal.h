#pragma once

namespace thrum {

/// Lets go of mappings that this process received and holds only so that the next task finds them.
void release_idle_mappings();

}  // namespace thrum
