"""Threads that get arguments, work at once, and are waited for."""
import threading

from lesson import Lesson


def add_up(begin, end, reports, place):
    reports[place] = sum(range(begin, end))


def by_threads(n):
    reports = [0] * 4
    threads = [threading.Thread(target=add_up, args=(i * n, (i + 1) * n, reports, i)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(reports)


def main():
    lesson = Lesson()
    total = 4 * lesson.size
    lesson.check(lesson.time("four threads", by_threads, lesson.size) == total * (total - 1) // 2)
    lesson.end()


if __name__ == "__main__":
    main()
