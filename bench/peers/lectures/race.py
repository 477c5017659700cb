"""Two threads add to one counter, with and without a lock."""
import threading

from lesson import Lesson

counter = 0
lock = threading.Lock()


def add(n):
    global counter
    for _ in range(n):
        seen = counter
        counter = seen + 1


def add_with_lock(n):
    global counter
    for _ in range(n):
        with lock:
            counter += 1


def twice(body, n):
    global counter
    counter = 0
    threads = [threading.Thread(target=body, args=(n,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counter


def main():
    lesson = Lesson()
    lesson.check(lesson.time("without a lock", twice, add, lesson.size) <= 2 * lesson.size)
    lesson.check(lesson.time("mutex", twice, add_with_lock, lesson.size) == 2 * lesson.size)
    lesson.end()


if __name__ == "__main__":
    main()
