#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/linalg/lapack_internal.h"

namespace thrum::linalg {

void refuse_element(std::string_view where, std::size_t i, std::size_t j, double value) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] A({}, {}) is {}, expected finite numbers", where, i, j, value));
}

void check_converged(std::string_view where, std::string_view method, int info) {
  if (info == 0) return;
  throw Error(ErrorCode::internal, fmt::format("[{}] LAPACK's {} did not converge (info {})", where, method, info),
              "scale the matrix, or use the other element type");
}

}  // namespace thrum::linalg
