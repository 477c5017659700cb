"""Processes share no memory: what one appends the other never sees. A queue brings it."""
import multiprocessing

from lesson import Lesson

squares = []


def append_squares(n):
    squares.extend(i * i for i in range(n))


def send_squares(n, queue):
    queue.put([i * i for i in range(n)])


def by_process(n):
    process = multiprocessing.Process(target=append_squares, args=(n,))
    process.start()
    process.join()


def by_queue(n):
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=send_squares, args=(n, queue))
    process.start()
    received = queue.get()
    process.join()
    return received


def main():
    lesson = Lesson()
    lesson.time("a process", by_process, lesson.size)
    lesson.check(squares == [])
    lesson.check(len(lesson.time("a process that sends its result", by_queue, lesson.size)) == lesson.size)
    lesson.end()


if __name__ == "__main__":
    main()
