#include "thrum/model/permutation_importance.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"
#include "thrum/cli/truth.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/most_probable.h"
#include "thrum/core/printable.h"
#include "thrum/data/queries.h"
#include "thrum/metrics/classification.h"
#include "thrum/metrics/ndcg.h"
#include "thrum/metrics/ranking.h"
#include "thrum/metrics/regression.h"

namespace thrum::cli {
namespace {

struct ImportanceArguments {
  std::string model = {};
  DataArguments data = {};
  std::string metric = "auto";
  std::size_t repeats = 5;
};

/// What is scored, and by what.
class Judge {
 public:
  Judge(const Target& target, const Table& table, const std::string& metric) : metric_(metric) {
    const bool is_regression = target.task == Task::regression;
    const bool of_anomalies = target.task == Task::anomaly;
    if (target.task == Task::ranking) {
      take_ranking(target, table);
      return;
    }
    if (metric == "auto") metric_ = is_regression ? "rmse" : of_anomalies ? "roc_auc" : "log_loss";
    if (is_ndcg() || (of_anomalies && metric_ != "roc_auc") ||
        (metric_ == "rmse" || metric_ == "mae" || metric_ == "r2") != is_regression) {
      const std::string what = of_anomalies ? "anomalies" : fmt::format("a {}", task_name(target.task));
      throw usage_error(fmt::format("--metric: {} is no score of {}", metric_, what));
    }
    if (is_regression) {
      numbers_ = true_numbers(target, table);
    } else {
      classes_ = true_classes(target, table);
    }
  }

  const std::string& metric() const { return metric_; }

  /// Higher is better: errors count negative.
  double score(MatrixView<const double> outputs) const {
    if (metric_ == "log_loss") return -metrics::log_loss(classes_, outputs);
    if (metric_ == "brier") return -metrics::brier(classes_, outputs);
    if (metric_ == "accuracy") return metrics::accuracy(classes_, most_probable(outputs));
    if (metric_ == "roc_auc") return roc_auc(outputs);
    const std::span<const double> predicted(outputs.data(), outputs.rows());
    if (is_ndcg()) return metrics::mean_ndcg(numbers_, predicted, queries_, n_judged());
    if (metric_ == "rmse") return -metrics::rmse(numbers_, predicted);
    if (metric_ == "mae") return -metrics::mae(numbers_, predicted);
    return metrics::r2(numbers_, predicted);
  }

 private:
  bool is_ndcg() const { return metric_.starts_with("ndcg"); }
  /// How many rows of a query "ndcg@10" looks at; "ndcg": at all.
  std::size_t n_judged() const { return metric_ == "ndcg" ? numbers_.size() : std::stoul(metric_.substr(5)); }

  void take_ranking(const Target& target, const Table& table) {
    if (metric_ == "auto") metric_ = "ndcg@10";
    if (!is_ndcg()) throw usage_error(fmt::format("--metric: {} is no score of a ranking", metric_));
    numbers_ = true_numbers(target, table);
    queries_ = number_queries(table, table.column(target.query));
  }

  double roc_auc(MatrixView<const double> outputs) const {
    if (outputs.cols() > 2) return metrics::roc_auc_ovr(classes_, outputs);
    std::vector<double> of_second(outputs.rows());
    for (std::size_t i = 0; i < of_second.size(); ++i) of_second[i] = outputs(i, outputs.cols() - 1);
    return metrics::roc_auc(classes_, of_second);
  }

  std::string metric_;
  std::vector<std::size_t> classes_;
  std::vector<double> numbers_;
  std::vector<std::uint32_t> queries_;
};

/// The features from the most important one on.
std::vector<std::size_t> in_order(const std::vector<PermutationImportance>& importances) {
  std::vector<std::size_t> order(importances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t j) { return std::pair(-importances[j].mean, j); });
  return order;
}

void measure_importance(const ImportanceArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model, session.stop());
  const LocalExecution execution = session.execution();
  const Table table = read_data(arguments.data, session, model->schema());
  const auto [metric, importances] = blame(ExitCode::data, [&] {
    const Judge judge(model->schema().target, table, arguments.metric);
    const auto score = [&](MatrixView<const double> outputs) { return judge.score(outputs); };
    return std::pair(judge.metric(), permutation_importance(*model, table, score, arguments.repeats, execution));
  });
  session.console.end_progress();
  const auto& features = model->schema().features;
  Json list = Json::array();
  std::vector<std::vector<std::string>> lines = {{"feature", metric + " worse by", "+/-"}};
  for (const std::size_t j : in_order(importances)) {
    const PermutationImportance& importance = importances[j];
    list.push_back({{"name", features[j].name}, {"mean", importance.mean}, {"deviation", importance.deviation}});
    lines.push_back({printable(features[j].name), decimal(importance.mean), decimal(importance.deviation)});
  }
  const Json object = {{"schema", "thrum.importance/1"}, {"model", arguments.model},
                       {"rows", table.n_rows()},         {"metric", metric},
                       {"repeats", arguments.repeats},   {"features", list}};
  print(session.globals.json ? json_text(object) : aligned(lines, "lrr"));
}

}  // namespace

Command importance_command() {
  auto arguments = std::make_shared<ImportanceArguments>();
  Command command{.name = "importance", .summary = "Measure how much a model's score hangs on each feature."};
  command.description =
      "The values of one feature at a time are shuffled among the rows (permutation importance): how much worse are "
      "the\n"
      "predictions then? Works for every model; rows that it was not trained on say more. Features that tell the same\n"
      "stand in for each other, so that each may seem unimportant.";
  command.examples = {{"thrum importance adult.thrum adult_test.csv", ""},
                      {"thrum importance adult.thrum adult_test.csv --metric roc_auc --repeats 10", ""}};
  command.parameters = {model_parameter(&ImportanceArguments::model, *arguments)};
  for (Parameter& made : data_parameters(arguments->data, "rows with the target; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  command.parameters.push_back(
      parameter(option_field("metric", &ImportanceArguments::metric,
                             {"auto", "log_loss", "brier", "accuracy", "roc_auc", "rmse", "mae", "r2", "ndcg@1",
                              "ndcg@5", "ndcg@10", "ndcg"},
                             "the score; auto: log_loss of a classification, rmse of a regression, roc_auc of "
                             "anomalies, ndcg@10 of a ranking"),
                arguments.get()));
  command.parameters.push_back(parameter(
      option_field("repeats", &ImportanceArguments::repeats, Range{1, 1000}, "how often each feature is shuffled"),
      arguments.get(), {.value = "N"}));
  command.run = [arguments](Session& session) { measure_importance(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
