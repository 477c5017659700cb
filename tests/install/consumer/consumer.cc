// A program of a user, built against the installed tree only. Exits with 0 if training and predicting work from there.
#include <thrum/thrum.h>

#include <exception>
#include <iostream>
#include <memory>

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const thrum::LocalExecution execution(2);
  const auto table = std::make_shared<const thrum::Table>(thrum::read_csv(argv[1], {}, execution));
  const thrum::Dataset dataset(table, {.target = "diagnosis"});
  const thrum::Learner& learner = thrum::find_learner("logistic-regression");
  const auto model = learner.fit(dataset, learner.default_options(), execution);
  const auto probabilities = thrum::predict(*model, *table, execution);
  std::cout << "P(malignant) of the first row: " << probabilities[1] << "\n";
  return probabilities[1] > 0.9 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
