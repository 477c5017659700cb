#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/request_observer.h"

namespace thrum::serving {

/// Lines about requests in a form of gunicorn's: text with atoms such as %(h)s, %(r)s and %({referer}i)s between. What
/// a client sent cannot break a line or pose as another field. Not thread-safe.
class AccessLog {
 public:
  /// Throws invalid_argument for an atom that there is not.
  explicit AccessLog(std::string_view format);

  /// Appends the line of a reply.
  void append(std::string& out, const RequestObserver::Answer& answer);

 private:
  struct Piece {
    std::string text;  ///< as it is; of an atom with a name, the name
    char atom = '\0';
  };

  void append_atom(std::string& out, const Piece& piece, const RequestObserver::Answer& answer);
  std::string_view time();

  std::vector<Piece> pieces_;
  std::time_t second_ = -1;
  std::string time_;
};

}  // namespace thrum::serving
