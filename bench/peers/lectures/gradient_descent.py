"""Logistic regression by gradient descent with NumPy: a task per block of points, or a task per component."""
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from lesson import Lesson

FEATURES, BLOCK, STEPS, STEP = 16, 65_536, 20, 4


def make_points(n):
    x = np.random.default_rng(11).uniform(-1, 1, (n, FEATURES))
    sign = np.repeat([1.0, -1.0], FEATURES // 2)
    return x, (x @ sign > 0).astype(np.float64)


def residuals(x, label, w):
    return 1 / (1 + np.exp(-(x @ w))) - label


def by_points(pool, x, label, w):
    def gradient(begin):
        block = slice(begin, begin + BLOCK)
        return x[block].T @ residuals(x[block], label[block], w)

    return sum(pool.map(gradient, range(0, len(x), BLOCK)))


def by_components(pool, x, label, w):
    blocks = [slice(begin, begin + BLOCK) for begin in range(0, len(x), BLOCK)]
    r = np.concatenate(list(pool.map(lambda block: residuals(x[block], label[block], w), blocks)))
    return np.array(list(pool.map(lambda j: x[:, j] @ r, range(FEATURES))))


def descend(gradient, workers, x, label):
    w = np.zeros(FEATURES)
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(STEPS):
            w -= STEP / len(x) * gradient(pool, x, label, w)
    return w


def main():
    lesson = Lesson()
    x, label = make_points(lesson.size)
    cores = len(os.sched_getaffinity(0))
    found = []
    for name, gradient in (("points", by_points), ("components", by_components)):
        found.append(lesson.time(f"{name}, 1 thread", descend, gradient, 1, x, label))
        found.append(lesson.time(f"{name}, all threads", descend, gradient, cores, x, label))
    lesson.check(all(np.allclose(w, found[0], atol=1e-9) for w in found))
    lesson.check(np.mean((x @ found[0] > 0) == (label > 0)) > 0.95)
    lesson.end()


if __name__ == "__main__":
    main()
