#include "thrum/serve/metrics_text_internal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/version_internal.h"

namespace thrum::serving {
namespace {

/// Appends families of samples, each after its help and type.
class TextWriter {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
  }

  /// `labels` as `{code="2xx"}`, or "".
  void add(std::string_view suffix, std::string_view labels, double value) {
    text_ += name_;
    text_ += suffix;
    text_ += labels;
    text_ += ' ';
    append_json_number(text_, value);
    text_ += '\n';
  }

  void add_family(std::string_view name, std::string_view type, std::string_view help, double value) {
    begin(name, type, help);
    add("", "", value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string_view name_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string text = std::string(name) + "=\"";
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

void add_requests(TextWriter& text, const Metrics& metrics) {
  text.begin("thrum_http_requests_total", "counter", "Requests that were answered, by class of status.");
  for (std::size_t i = 0; i < n_status_classes; ++i) {
    text.add("", "{code=\"" + std::to_string(i + 1) + "xx\"}", static_cast<double>(metrics.responses[i]));
  }
  text.add_family("thrum_http_request_bytes_total", "counter", "Bytes of the bodies of the requests.",
                  static_cast<double>(metrics.request_bytes));
  text.add_family("thrum_http_response_bytes_total", "counter", "Bytes of the bodies of the replies.",
                  static_cast<double>(metrics.body_bytes));
}

/// "none" is what no route was found for: unknown paths, and bytes that are no request.
void add_routes(TextWriter& text, const RouteTable& table) {
  text.begin("thrum_http_route_requests_total", "counter", "Requests that were answered, by route and status.");
  table.for_each([&](const RouteTable::Entry& entry) {
    text.add("", "{" + label("route", entry.name()) + "," + label("code", entry.second()) + "}",
             static_cast<double>(entry.requests));
  });
}

/// Prometheus' buckets are cumulative.
void add_latency(TextWriter& text, const Metrics& metrics) {
  text.begin("thrum_http_request_duration_seconds", "histogram", "From the whole request to its reply.");
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < n_latency_buckets; ++i) {
    n += metrics.latency[i];
    const std::string bound = i < latency_bounds.size() ? fmt::format("{}", latency_bounds[i]) : "+Inf";
    text.add("_bucket", "{le=\"" + bound + "\"}", static_cast<double>(n));
  }
  text.add("_sum", "", metrics.latency_seconds);
  text.add("_count", "", static_cast<double>(n));
}

void add_workers(TextWriter& text, const Metrics& metrics) {
  text.add_family("thrum_workers", "gauge", "Workers that serve now.", static_cast<double>(metrics.workers));
  text.add_family("thrum_connections", "gauge", "Connections that are open now.",
                  static_cast<double>(metrics.connections));
  text.add_family("thrum_http_requests_in_flight", "gauge", "Requests that are being answered now.",
                  static_cast<double>(metrics.in_flight));
  text.begin("thrum_connections_ended_total", "counter", "Connections that the server ended of itself, by reason.");
  for (std::size_t i = 0; i < n_connection_ends; ++i) {
    text.add("", "{" + label("reason", connection_ends[i]) + "}", static_cast<double>(metrics.ended[i]));
  }
  text.begin("thrum_worker_restarts_total", "counter", "Workers that were replaced, by reason.");
  for (std::size_t i = 0; i < n_restart_reasons; ++i) {
    text.add("", "{" + label("reason", restart_reasons[i]) + "}", static_cast<double>(metrics.restarts[i]));
  }
  text.begin("thrum_reloads_total", "counter", "Reloads of models and settings.");
  text.add("", "{result=\"done\"}", static_cast<double>(metrics.reloads));
  text.add("", "{result=\"failed\"}", static_cast<double>(metrics.failed_reloads));
}

/// Of a process, the image that all share included; 0 where the system does not tell.
double resident_bytes(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  double pages = 0, resident = 0;
  return file >> pages >> resident ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

/// By seats, of which there are few, as process ids never come to an end.
void add_each_worker(TextWriter& text, const Scoreboard& board) {
  const auto add = [&](std::string_view name, std::string_view help, auto value_of) {
    text.begin(name, "gauge", help);
    for (int i = 0; i < board.head().n_used_seats.load(std::memory_order_acquire); ++i) {
      const Scoreboard::Seat& seat = board.seat(i);
      if (seat.ready_pid.load(std::memory_order_relaxed) == 0) continue;
      text.add("", "{" + label("worker", std::to_string(i)) + "}", value_of(seat));
    }
  };
  add("thrum_worker_resident_bytes", "Memory of a worker, with what all share.",
      [](const Scoreboard::Seat& seat) { return resident_bytes(seat.ready_pid); });
  add("thrum_worker_heartbeat_age_seconds", "Time since a worker was last seen alive.",
      [now = std::chrono::steady_clock::now().time_since_epoch()](const Scoreboard::Seat& seat) {
        return std::max(std::chrono::duration<double>(now).count() - static_cast<double>(seat.heartbeat_ns) * 1e-9,
                        0.0);
      });
}

/// What was counted of models that are not served any more stays, so that sums never go back.
void add_models(TextWriter& text, const ModelTable& table) {
  using Entry = ModelTable::Entry;
  const auto add = [&](std::string_view name, std::string_view help, auto value_of) {
    text.begin(name, "counter", help);
    table.for_each([&](const Entry& entry) {
      text.add("", "{" + label("model", entry.name()) + "," + label("version", entry.second()) + "}", value_of(entry));
    });
  };
  add("thrum_inference_requests_total", "Requests that a model has answered.",
      [](const Entry& entry) { return static_cast<double>(entry.requests); });
  add("thrum_inference_rows_total", "Rows in them.",
      [](const Entry& entry) { return static_cast<double>(entry.rows); });
  add("thrum_inference_refused_total", "Requests that were not ones for the model.",
      [](const Entry& entry) { return static_cast<double>(entry.refused); });
  add("thrum_inference_executions_total", "Calls of the model, each with the rows of some requests.",
      [](const Entry& entry) { return static_cast<double>(entry.executions); });
  add("thrum_inference_compute_seconds_total", "Time that its predictions took.",
      [](const Entry& entry) { return static_cast<double>(entry.compute_ns) * 1e-9; });
}

void add_information(TextWriter& text, std::span<const ServedModel> models) {
  if (!models.empty()) text.begin("thrum_model_info", "gauge", "1 for each model that is served.");
  for (const ServedModel& model : models) {
    text.add("", "{" + label("model", model.name) + "," + label("version", model.version) + "}", 1);
  }
  if (!models.empty()) text.begin("thrum_model_bytes", "gauge", "Size of a model in the memory that workers share.");
  for (const ServedModel& model : models) {
    text.add("", "{" + label("model", model.name) + "," + label("version", model.version) + "}",
             static_cast<double>(model.n_bytes));
  }
  text.begin("thrum_build_info", "gauge", "1 for the version that serves.");
  text.add("", "{" + label("version", version()) + "}", 1);
}

}  // namespace

std::string metrics_text(const Scoreboard& board, std::span<const ServedModel> models) {
  const Metrics metrics = board.metrics();
  TextWriter text;
  add_requests(text, metrics);
  add_routes(text, board.routes());
  add_latency(text, metrics);
  add_workers(text, metrics);
  text.add_family("thrum_loaded_timestamp_seconds", "gauge", "When the models and settings of now were read.",
                  static_cast<double>(board.head().loaded_at));
  add_each_worker(text, board);
  add_models(text, board.models());
  add_information(text, models);
  return text.take();
}

}  // namespace thrum::serving
