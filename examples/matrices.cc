// Matrices and tensors on all cores: products, factorisations, statistics. docs/guide/matrices.md tells about it.
#include <cmath>
#include <cstdio>
#include <vector>

#include "thrum/thrum.h"

namespace {

/// Twenty measurements of two quantities, the second nearly 2 + 3 times the first; the first column is 1.
std::vector<double> measurements() {
  std::vector<double> rows;
  for (int i = 0; i < 20; ++i) rows.insert(rows.end(), {1, i / 10.0, 2 + 0.3 * i + 0.01 * (i % 3 - 1)});
  return rows;
}

/// Least squares by QR: A = Q R, so R w = Q^T y, from the bottom upwards.
std::vector<double> solve_least_squares(thrum::Arena& arena, std::vector<double> A, std::span<const double> y) {
  const std::size_t m = y.size(), n = A.size() / m;
  std::vector<double> r(n * n), w(n);
  const thrum::MatrixView<double> Q(A.data(), m, n), R(r.data(), n, n);
  thrum::linalg::qr_factor(arena, Q, R);
  thrum::linalg::gemv(arena, Q, y, std::span(w), {.transpose = true});
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) w[i] -= R(i, j) * w[j];
    w[i] /= R(i, i);
  }
  return w;
}

/// How many numbers would describe the rows: singular values of the centred columns.
std::vector<double> singular_values(thrum::Arena& arena, thrum::MatrixView<const double> A) {
  std::vector<double> u(A.rows() * A.cols()), s(A.cols()), vt(A.cols() * A.cols());
  thrum::linalg::svd(arena, A, {u.data(), A.rows(), A.cols()}, s, {vt.data(), A.cols(), A.cols()});
  return s;
}

/// A batch of images, (n, height, width), each column of pixels weighed by w.
std::vector<double> weigh_columns(thrum::Arena& arena, thrum::TensorView<const double> images,
                                  std::span<const double> w) {
  std::vector<double> weighed(images.size() * images.rows());
  thrum::linalg::contract(arena, images, 2, thrum::MatrixView<const double>(w.data(), w.size(), 1),
                          thrum::TensorView<double>(weighed.data(), images.size(), images.rows(), 1));
  return weighed;
}

}  // namespace

int main() {
  thrum::LocalExecution execution;  // every core that the process may use
  thrum::Arena& arena = *execution.get().arena;
  std::vector<double> rows = measurements();
  const thrum::MatrixView<double> table(rows.data(), 20, 3);

  const thrum::linalg::Statistics columns = thrum::linalg::column_statistics(execution, table);
  std::printf("mean %.3f, deviation %.3f, largest %.3f\n", columns.mean[2], std::sqrt(columns.variance[2]),
              columns.max[2]);

  std::vector<double> A, y;
  for (std::size_t i = 0; i < 20; ++i) {
    A.insert(A.end(), {table(i, 0), table(i, 1)});
    y.push_back(table(i, 2));
  }
  const std::vector<double> w = solve_least_squares(arena, A, y);
  std::printf("y = %.2f + %.2f x\n", w[0], w[1]);

  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 3; ++j) table(i, j) -= columns.mean[j];
  }
  const std::vector<double> s = singular_values(arena, table);
  std::printf("of the spread, %.2f %% lies in one direction\n",
              100 * s[0] * s[0] / (s[0] * s[0] + s[1] * s[1] + s[2] * s[2]));

  const std::vector<double> images = {1, 2, 3, 4, 5, 6, 7, 8}, weights = {1, 10};
  const std::vector<double> weighed =
      weigh_columns(arena, thrum::TensorView<const double>(images.data(), 2, 2, 2), weights);
  std::printf("weighed %g %g %g %g\n", weighed[0], weighed[1], weighed[2], weighed[3]);
}
