#pragma once

#include <string_view>

#include "thrum/serve/http_response.h"

namespace thrum::serving {

/// The reply to a request whose handler threw what is being caught: an HttpError with its status, lack of memory as
/// 503, anything else as 500 with a line in the log. REQUIRES: called in a catch block.
HttpResponse response_to_exception(std::string_view path, ErrorForm form = ErrorForm::object);

/// 503: who asks may ask for less, or later.
HttpResponse response_for_want_of_memory(ErrorForm form = ErrorForm::object);

}  // namespace thrum::serving
