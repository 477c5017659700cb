#include "thrum/serve/mlflow_protocol_internal.h"

#include <algorithm>

#include "thrum/core/printable.h"
#include "thrum/core/trimmed.h"
#include "thrum/serve/csv_rows_internal.h"
#include "thrum/serve/http_syntax_internal.h"
#include "thrum/serve/output_choice_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view form = R"({"dataframe_split": {"columns": ["feature", …], "data": [[value, …], …]}})";

enum Member { dataframe_split, dataframe_records, instances, inputs, n_forms, params = n_forms };

OutputChoice choice_of(const JsonMember& params, const ModelEndpoint& model) {
  if (!params.is_given || params.value.is_null()) return OutputChoice::predictions;
  JsonMember members[] = {{"predict_method"}};
  find_members(as_object({"params"}, params.value), {"params"}, members);
  if (!members[0].is_given) return OutputChoice::predictions;
  const Place place{"params.predict_method"};
  return parse_output_choice(place, as_text(place, members[0].value), model);
}

Rows read_rows(const JsonMember& member, RowReader& reader, Member which) {
  switch (which) {
    case dataframe_split:
      return reader.read_split(member.name, member.value);
    case dataframe_records:
      return reader.read_records(member.name, member.value);
    case inputs:
      if (member.value.is_object()) return reader.read_columns(member.name, member.value);
      break;
    default:
      break;
  }
  return reader.read_rows(member.name, member.value);
}

void answer_json(Exchange& exchange) {
  require_json(exchange.request);
  ModelEndpoint& model = exchange.model;
  JsonMember members[] = {{"dataframe_split"}, {"dataframe_records"}, {"instances"}, {"inputs"}, {"params"}};
  find_members(as_object({}, exchange.json.parse(exchange.request.body, form), form), {}, members);
  const auto is_given = [](const JsonMember& member) { return member.is_given; };
  if (std::count_if(members, members + n_forms, is_given) != 1) {
    refuse("expected one of the keys \"dataframe_split\", \"dataframe_records\", \"instances\" and \"inputs\"",
           std::string(form));
  }
  const auto which = static_cast<Member>(std::find_if(members, members + n_forms, is_given) - members);
  const OutputChoice choice = choice_of(members[params], model);
  predict_and(exchange, read_rows(members[which], model.reader(), which),
              [choice](Exchange& now, Outputs outputs) { write_outputs(now, "predictions", outputs, choice); });
}

void answer_csv(Exchange& exchange) {
  require_plain(exchange.request);
  ModelEndpoint& model = exchange.model;
  const Rows rows = read_csv_rows(exchange.request.body, model.schema(), model.reader());
  predict_and(exchange, rows, [](Exchange& now, Outputs outputs) {
    write_outputs(now, "predictions", outputs, OutputChoice::predictions);
  });
}

/// MLflow refuses another character set. Other parameters say nothing about it.
void check_charset(std::string_view content_type) {
  constexpr std::string_view name = "charset=";
  for (std::size_t end = content_type.find(';'); end != std::string_view::npos; end = content_type.find(';')) {
    content_type.remove_prefix(end + 1);
    const std::string_view parameter = trimmed(content_type.substr(0, content_type.find(';')));
    if (!http::equal_ignoring_case(parameter.substr(0, name.size()), name)) continue;
    const std::string_view value = parameter.substr(name.size());
    if (http::equal_ignoring_case(value, "utf-8") || http::equal_ignoring_case(value, "\"utf-8\"")) continue;
    throw HttpError(415, "[predict] expected charset=utf-8 in Content-Type, got " + in_quotes(parameter));
  }
}

}  // namespace

void answer_invocations(Exchange& exchange) {
  check_charset(exchange.request.content_type);
  if (http::equal_ignoring_case(media_type(exchange.request), "text/csv")) {
    answer_csv(exchange);
  } else {
    answer_json(exchange);
  }
}

}  // namespace thrum::serving
