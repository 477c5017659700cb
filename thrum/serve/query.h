#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace thrum {

/// The value of the first `name` in a query such as HttpRequest::query, "x=2&unit=kg": percent-decoded, '+' as a blank;
/// none where it is absent. Throws HttpError 400 for a '%' that no two hexadecimal digits follow.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// The same as a finite number. Throws HttpError 400 where it is absent or is none: `[serve] expected a number x, got
/// "abc"`.
double query_number(std::string_view query, std::string_view name);

}  // namespace thrum
