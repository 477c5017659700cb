#include <exception>
#include <new>
#include <string>

#include "thrum/core/log.h"
#include "thrum/serve/refusal_internal.h"

namespace thrum::serving {
namespace {

HttpResponse internal_error(std::string_view path, std::string_view what, ErrorForm form) {
  log(LogLevel::error, "Error handling request " + std::string(path) + ": " + std::string(what));
  return error_response(HttpError(500, "[serve] an error of the server"), form);
}

}  // namespace

HttpResponse response_for_want_of_memory(ErrorForm form) {
  HttpResponse response =
      error_response(HttpError(503, "[serve] out of memory for this request", "send less at once"), form);
  response.retry_after = 1;
  return response;
}

HttpResponse response_to_exception(std::string_view path, ErrorForm form) {
  try {
    throw;
  } catch (const HttpError& error) {
    return error_response(error, form);
  } catch (const std::bad_alloc&) {
    return response_for_want_of_memory(form);
  } catch (const std::exception& error) {
    return internal_error(path, error.what(), form);
  } catch (...) {
    return internal_error(path, "something that is no std::exception", form);
  }
}

}  // namespace thrum::serving
