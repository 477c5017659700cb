#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/http_request.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// Who may ask: bearer tokens (RFC 6750) for the routes of the models, and others for those of the administrator, who
/// may do everything.
struct Access {
  std::vector<std::string> tokens = {};  ///< empty: everybody may ask
  std::vector<std::string> admin_tokens = {};

  /// Throws HttpError 401 where the request needs a token and has none of ours, 403 where it needs the administrator's.
  /// How long that takes tells nothing of the tokens. Health and preflight requests need none.
  void check(const HttpRequest& request) const;
};

/// The tokens of a file: one a line, blank lines and those that begin with '#' aside. Throws io; invalid_argument for a
/// file that others than its owner may read, that has no token, or one that is short or that no header could carry.
std::vector<std::string> read_tokens(const std::filesystem::path& path);

/// What the options name. Throws as read_tokens; invalid_argument for a cors_origin that is none.
Access read_access(const ServeOptions& options);

/// Whether only the administrator may ask for it.
bool is_admin_path(std::string_view path) noexcept;

}  // namespace thrum::serving
