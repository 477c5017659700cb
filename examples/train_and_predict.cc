// From a CSV file to predictions in C++.   usage: train_and_predict breast_cancer.csv
#include <exception>
#include <iostream>
#include <memory>

#include "thrum/thrum.h"

namespace {

void train_and_predict(const char* path) {
  const thrum::LocalExecution execution;  // every core that the process may use
  const auto table = std::make_shared<const thrum::Table>(thrum::read_csv(path, {}, execution));
  const thrum::Dataset dataset(table, {.target = "diagnosis", .task = thrum::Task::classification});

  const thrum::Learner& learner = thrum::find_learner("logistic-regression");
  thrum::Options options = learner.default_options();
  options.set("C", "0.5");
  const std::unique_ptr<thrum::Model> model = learner.fit(dataset, options, execution);
  std::cout << "objective " << model->training().objective << " after " << model->training().iterations
            << " iterations\n";

  const std::vector<double> probabilities = thrum::predict(*model, *table, execution);
  const auto& classes = model->schema().target.classes;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::cout << "P(" << classes[k] << ") of the first row: " << probabilities[k] << "\n";
  }
  thrum::save_model(*model, "breast_cancer.thrum");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw thrum::Error(thrum::ErrorCode::invalid_argument, "usage: train_and_predict breast_cancer.csv");
  train_and_predict(argv[1]);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
