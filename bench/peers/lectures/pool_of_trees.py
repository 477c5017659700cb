"""A pool trains stumps, each on rows drawn with its seed: NumPy and joblib, as scikit-learn does it."""
import os

import numpy as np
from joblib import Parallel, delayed
from lesson import Lesson

TREES = 32


def make_rows(n):
    random = np.random.default_rng(0)
    x = random.random(n)
    return x, ((x > 0.6) != (random.random(n) < 0.1)).astype(np.float64)


def train(x, y, seed):
    drawn = np.random.default_rng(seed).integers(0, len(x), len(x))
    order = np.argsort(x[drawn])
    x, y = x[drawn][order], y[drawn][order]
    errors = np.sum(1 - y) + np.cumsum(2 * y - 1)
    return float(x[np.argmin(errors)])


def train_forest(x, y, jobs):
    return Parallel(n_jobs=jobs)(delayed(train)(x, y, seed) for seed in range(TREES))


def main():
    lesson = Lesson()
    x, y = make_rows(lesson.size)
    alone = lesson.time("serial", lambda: [train(x, y, seed) for seed in range(TREES)])
    lesson.check(lesson.time("a worker per core", train_forest, x, y, len(os.sched_getaffinity(0))) == alone)
    lesson.check(0.58 < np.mean(alone) < 0.62)
    lesson.end()


if __name__ == "__main__":
    main()
