"""The mean of many numbers: alone, by two threads, by two processes with a queue, in shared memory, by joblib."""
import array
import math
import multiprocessing
import threading
from multiprocessing import shared_memory

from joblib import Parallel, delayed
from lesson import Lesson

CYCLE = array.array("d", (1 / i for i in range(1, 998)))


def make_numbers(n):
    memory = shared_memory.SharedMemory(create=True, size=8 * n)
    numbers = memory.buf.cast("d")
    for i in range(0, n, len(CYCLE)):
        numbers[i:i + len(CYCLE)] = CYCLE[:n - i]
    numbers.release()
    return memory


def add_up(numbers):
    total = 0.0
    for x in numbers:
        total += x
    return total


def halves(n):
    return (0, n // 2), (n // 2, n)


def by_threads(numbers):
    sums = []
    threads = [threading.Thread(target=lambda part: sums.append(add_up(part)), args=(numbers[begin:end],))
               for begin, end in halves(len(numbers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sums)


def add_up_copies(parts, sums):
    sums.put(add_up(parts.get()))


def by_processes_with_copies(numbers):
    parts, sums = multiprocessing.Queue(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=add_up_copies, args=(parts, sums)) for _ in range(2)]
    for process in processes:
        process.start()
    for begin, end in halves(len(numbers)):
        parts.put(array.array("d", numbers[begin:end]))
    total = sums.get() + sums.get()
    for process in processes:
        process.join()
    return total


def add_up_shared(name, begin, end):
    memory = shared_memory.SharedMemory(name=name)
    with memory.buf.cast("d") as numbers, numbers[begin:end] as part:
        total = add_up(part)
    memory.close()
    return total


def add_up_shared_to(sums, *arguments):
    sums.put(add_up_shared(*arguments))


def by_processes_in_shared_memory(name, n):
    sums = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=add_up_shared_to, args=(sums, name, *half)) for half in halves(n)]
    for process in processes:
        process.start()
    total = sums.get() + sums.get()
    for process in processes:
        process.join()
    return total


def by_joblib(name, n):
    return sum(Parallel(n_jobs=2)(delayed(add_up_shared)(name, *half) for half in halves(n)))


def main():
    lesson = Lesson()
    n = lesson.size
    memory = make_numbers(n)
    with memory.buf.cast("d") as numbers:
        numbers = numbers[:n]
        sums = [lesson.time("serial", add_up, numbers),
                lesson.time("two threads", by_threads, numbers),
                lesson.time("two processes, copies", by_processes_with_copies, numbers)]
        numbers.release()
    sums.append(lesson.time("two processes, shared memory", by_processes_in_shared_memory, memory.name, n))
    sums.append(lesson.time("two jobs", by_joblib, memory.name, n))
    lesson.check(all(math.isclose(total, sums[0], rel_tol=1e-9) for total in sums))
    memory.close()
    memory.unlink()
    lesson.end()


if __name__ == "__main__":
    main()
