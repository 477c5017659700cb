#pragma once

#include <string_view>
#include <utility>

#include "thrum/serve/gathering_internal.h"
#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"
#include "thrum/serve/json_input_internal.h"
#include "thrum/serve/model_endpoint_internal.h"

namespace thrum::serving {

/// A request to a model, and the response that is being made: empty, with status 200. What answers it throws HttpError
/// for what the client did wrong.
struct Exchange {
  const HttpRequest& request;
  HttpResponse& response;
  ModelEndpoint& model;
  JsonReader& json;
  Gathering* gathering = nullptr;  ///< where requests wait to be predicted together
};

/// Asks the model, and lets `write(exchange, outputs)` make the response: now, or when requests have gathered. Then it
/// is another exchange, and nothing of this one may be referred to.
template <class Write>
void predict_and(Exchange& exchange, Rows rows, Write write) {
  if (exchange.gathering == nullptr) return write(exchange, exchange.model.predict(rows));
  exchange.gathering->add(exchange.model, rows, std::move(write));
}

/// Throws HttpError 415 where the body is compressed, or of another type than JSON; no type, and the one that curl -d
/// sends unless told, are taken for it.
void require_json(const HttpRequest& request);
/// The media type without its parameters.
std::string_view media_type(const HttpRequest& request);
/// Throws HttpError 415 where the body is compressed.
void require_plain(const HttpRequest& request);

}  // namespace thrum::serving
