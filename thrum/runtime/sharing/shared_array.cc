#include "thrum/runtime/sharing/shared_array.h"

#include "thrum/core/error.h"

namespace thrum {

void throw_array_is_read_only() {
  throw Error(ErrorCode::invalid_argument,
              "[array] expected an array that this process may write, got a sealed or received one",
              "create it with writable()");
}

}  // namespace thrum
