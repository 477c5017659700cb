"""C = A + B with NumPy, by processes that share the three matrices."""
import multiprocessing
import os
from multiprocessing import shared_memory

import numpy as np
from lesson import Lesson


def make_matrix(n):
    memory = shared_memory.SharedMemory(create=True, size=8 * n * n)
    return memory, np.ndarray((n, n), dtype=np.float64, buffer=memory.buf)


def add(names, n, begin, end):
    memories = [shared_memory.SharedMemory(name=name) for name in names]
    a, b, c = (np.ndarray((n, n), dtype=np.float64, buffer=memory.buf) for memory in memories)
    np.add(a[begin:end], b[begin:end], out=c[begin:end])
    del a, b, c
    for memory in memories:
        memory.close()


def main():
    lesson = Lesson()
    n, workers = lesson.size, len(os.sched_getaffinity(0))
    made = [make_matrix(n) for _ in range(4)]
    memories, (a, b, alone, together) = [memory for memory, _ in made], [matrix for _, matrix in made]
    a[:] = np.arange(n * n, dtype=np.float64).reshape(n, n)
    b[:] = 2 * a
    lesson.time("one process", np.add, a, b, alone)
    names = [memories[i].name for i in (0, 1, 3)]
    with multiprocessing.Pool(workers) as pool:
        parts = [(names, n, n * i // workers, n * (i + 1) // workers) for i in range(workers)]
        lesson.time("a process per core", pool.starmap, add, parts, 1)
    lesson.check(np.array_equal(alone, together))
    del a, b, alone, together, made
    for memory in memories:
        memory.close()
        memory.unlink()
    lesson.end()


if __name__ == "__main__":
    main()
