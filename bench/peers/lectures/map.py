"""The same function for many inputs, by 1, 2 and 6 worker processes."""
import multiprocessing

from lesson import Lesson

TASKS = 24


def collatz(begin, end):
    steps = 0
    for x in range(begin, end):
        while x > 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            steps += 1
    return steps


def by_pool(workers, ranges):
    with multiprocessing.Pool(workers) as pool:
        return sum(pool.starmap(collatz, ranges, chunksize=1))


def main():
    lesson = Lesson()
    n = max(lesson.size // TASKS, 1)
    ranges = [(task * n, (task + 1) * n) for task in range(TASKS)]
    expected = lesson.time("serial", collatz, 0, TASKS * n)
    for workers in (1, 2, 6):
        name = f"{workers} worker{'' if workers == 1 else 's'}"
        lesson.check(lesson.time(name, by_pool, workers, ranges) == expected)
    lesson.end()


if __name__ == "__main__":
    main()
