"""Memory of two workers that were forked before and after the data was loaded: a list of numbers, as Python has it."""
import multiprocessing

from lesson import Lesson

data = None


def load(megabytes):
    return [float(i) for i in range(megabytes * 2**20 // 32)]  # 24 bytes for a float, 8 in the list


def memory():
    """(resident, in pages that no other process has) in MB"""
    resident = own = 0
    with open("/proc/self/smaps_rollup") as file:
        for line in file:
            name, value = line.split()[:2]
            if name == "Rss:":
                resident = int(value) / 1024
            elif name in ("Private_Clean:", "Private_Dirty:"):
                own += int(value) / 1024
    return resident, own


def compute(megabytes, queue):
    numbers = data or load(megabytes)
    queue.put((sum(numbers), *memory()))


def fork_workers(megabytes):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=compute, args=(megabytes, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    results = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return [sum(column) for column in zip(*results)]


def main():
    global data
    lesson = Lesson()
    forked_first = fork_workers(lesson.size)
    data = load(lesson.size)
    loaded_first = fork_workers(lesson.size)
    lesson.check(forked_first[0] == loaded_first[0])
    for name, (_, resident, own) in (("fork, then load", forked_first), ("load, then fork", loaded_first)):
        lesson.record(f"{name}, resident", resident)
        lesson.record(f"{name}, their own", own)
    lesson.end()


if __name__ == "__main__":
    main()
