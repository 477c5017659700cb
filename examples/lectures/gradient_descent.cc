// Logistic regression by gradient descent. The gradient is a sum over the points, and has a component per feature, so
// a step can be divided in two ways: a task per block of points, whose sums are added up, or a task per component,
// which needs nothing of the others once the residuals are known. The lecture's size: lesson_gradient_descent 1000000
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "examples/lectures/lesson.h"
#include "thrum/core/random.h"
#include "thrum/runtime/parallel.h"

namespace {

constexpr std::size_t n_features = 16;
constexpr std::size_t points_of_task = 4096;
constexpr int n_steps = 20;
constexpr double step = 4;

using Vector = std::array<double, n_features>;

/// Points of the cube [-1, 1]^16; the first half of the features speaks for class 1, the other half against it.
struct Points {
  std::vector<Vector> x;
  std::vector<double> label;
};

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t j = 0; j < n_features; ++j) sum += a[j] * b[j];
  return sum;
}

Points make_points(std::size_t n) {
  Points points{.x = std::vector<Vector>(n), .label = std::vector<double>(n)};
  const thrum::Random random(11);
  for (std::size_t i = 0; i < n; ++i) {
    double evidence = 0;
    for (std::size_t j = 0; j < n_features; ++j) {
      points.x[i][j] = 2 * random.uniform(i * n_features + j) - 1;
      evidence += j < n_features / 2 ? points.x[i][j] : -points.x[i][j];
    }
    points.label[i] = evidence > 0 ? 1 : 0;
  }
  return points;
}

/// How far the probability of class 1 is off at point i.
double residual(const Points& points, const Vector& w, std::size_t i) {
  return 1 / (1 + std::exp(-dot(w, points.x[i]))) - points.label[i];
}

/// A task per block of points: each reads its points once and sums all components of the gradient.
Vector gradient_by_points(thrum::Arena& arena, const Points& points, const Vector& w) {
  const auto sum = [&](std::size_t begin, std::size_t end) {
    Vector gradient{};
    for (std::size_t i = begin; i < end; ++i) {
      const double r = residual(points, w, i);
      for (std::size_t j = 0; j < n_features; ++j) gradient[j] += r * points.x[i][j];
    }
    return gradient;
  };
  const auto add = [](Vector a, const Vector& b) {
    for (std::size_t j = 0; j < n_features; ++j) a[j] += b[j];
    return a;
  };
  return thrum::parallel_reduce(arena, points.x.size(), points_of_task, Vector{}, sum, add);
}

/// A task per component: all wait for the residuals, and then each reads every point for one of its coordinates, so
/// that the points come from memory once per component.
Vector gradient_by_components(thrum::Arena& arena, const Points& points, const Vector& w) {
  std::vector<double> residuals(points.x.size());
  thrum::parallel_for(arena, points.x.size(), points_of_task, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) residuals[i] = residual(points, w, i);
  });
  const std::vector<double> components = thrum::parallel_map(arena, n_features, [&](std::size_t j) {
    double sum = 0;
    for (std::size_t i = 0; i < points.x.size(); ++i) sum += residuals[i] * points.x[i][j];
    return sum;
  });
  Vector gradient;
  std::ranges::copy(components, gradient.begin());
  return gradient;
}

template <class Gradient>
Vector descend(const Points& points, Gradient&& gradient) {
  Vector w{};
  for (int i = 0; i < n_steps; ++i) {
    const Vector g = gradient(w);
    for (std::size_t j = 0; j < n_features; ++j) w[j] -= step / static_cast<double>(points.x.size()) * g[j];
  }
  return w;
}

double accuracy(const Points& points, const Vector& w) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < points.x.size(); ++i) right += std::abs(residual(points, w, i)) < 0.5 ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(points.x.size());
}

double farthest(const Vector& a, const Vector& b) {
  double largest = 0;
  for (std::size_t j = 0; j < n_features; ++j) largest = std::max(largest, std::abs(a[j] - b[j]));
  return largest;
}

void teach(lesson::Lesson& lesson) {
  const Points points = make_points(lesson.size());
  thrum::Arena one(1);
  thrum::Arena all;
  const auto by_points = [&](thrum::Arena& arena) {
    return descend(points, [&](const Vector& w) { return gradient_by_points(arena, points, w); });
  };
  const auto by_components = [&](thrum::Arena& arena) {
    return descend(points, [&](const Vector& w) { return gradient_by_components(arena, points, w); });
  };
  const Vector alone = lesson.time("points, 1 thread", [&] { return by_points(one); });
  const Vector together = lesson.time("points, all threads", [&] { return by_points(all); });
  lesson.time("components, 1 thread", [&] { return by_components(one); });
  const Vector components = lesson.time("components, all threads", [&] { return by_components(all); });
  lesson.say("  weights from {:.3f} to {:.3f}", std::ranges::min(together), std::ranges::max(together));
  lesson.check("any number of threads finds the same bits", together == alone);
  lesson.check("both ways find the same weights", farthest(together, components) < 1e-9);
  lesson.check("they tell the classes apart", accuracy(points, together) > 0.95);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 20'000, teach);
}
