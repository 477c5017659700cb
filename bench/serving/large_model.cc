// Writes a logistic regression of about MEGABYTES: 1000 classes of one text feature with as many categories as that
// takes.   usage: large_model FILE MEGABYTES
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "thrum/model/linear/logistic_regression_model.h"

namespace {

std::vector<std::string> numbered(const std::string& prefix, std::size_t n) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < n; ++i) names.push_back(prefix + std::to_string(1000000 + i));  // in the order of bytes
  return names;
}

thrum::LogisticRegressionModel model_of(std::size_t megabytes) {
  constexpr std::size_t n_classes = 1000;
  const std::size_t n_categories = megabytes * 1000000 / (n_classes * sizeof(double));
  thrum::Schema schema;
  schema.features = {{"kind", thrum::FeatureType::category, numbered("k", n_categories)}};
  schema.target = {"class", thrum::Task::classification, numbered("c", n_classes)};
  std::vector<double> coefficients(n_classes * n_categories);
  for (std::size_t i = 0; i < coefficients.size(); ++i) coefficients[i] = static_cast<double>(i % 97) / 97;
  thrum::Encoder encoder(schema, {{}});
  return thrum::LogisticRegressionModel({.schema = std::move(schema),
                                         .encoder = std::move(encoder),
                                         .coefficients = std::move(coefficients),
                                         .intercepts = std::vector<double>(n_classes),
                                         .kkt = 0,
                                         .training = {}});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  thrum::save_model(model_of(std::strtoul(argv[2], nullptr, 10)), argv[1]);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
