"""Microseconds to create a thread or a process, and to switch from one to another and back."""
import multiprocessing
import threading
import time

from lesson import Lesson


def nothing():
    pass


def create(kind):
    one = kind(target=nothing)
    one.start()
    one.join()


def cost(n, function, *arguments):
    start = time.perf_counter()
    for _ in range(n):
        function(*arguments)
    return 1e6 * (time.perf_counter() - start) / n


def answer_events(n, there, back):
    for _ in range(n):
        there.acquire()
        back.release()


def thread_round_trip(n):
    there, back = threading.Semaphore(0), threading.Semaphore(0)
    other = threading.Thread(target=answer_events, args=(n, there, back))
    other.start()

    def pass_on():
        there.release()
        back.acquire()

    microseconds = cost(n, pass_on)
    other.join()
    return microseconds


def answer_pipe(n, connection):
    for _ in range(n):
        connection.send_bytes(connection.recv_bytes())


def process_round_trip(n):
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.Process(target=answer_pipe, args=(n, theirs))
    other.start()

    def pass_on():
        ours.send_bytes(b"x")
        ours.recv_bytes()

    microseconds = cost(n, pass_on)
    other.join()
    return microseconds


def main():
    lesson = Lesson()
    n = lesson.size
    lesson.record("process by fork", cost(n, create, multiprocessing.get_context("fork").Process))
    lesson.record("process by fork server", cost(n, create, multiprocessing.get_context("forkserver").Process))
    lesson.record("process by spawn", cost(max(n // 10, 1), create, multiprocessing.get_context("spawn").Process))
    lesson.record("thread", cost(n, create, threading.Thread))
    lesson.record("to a process and back", process_round_trip(10 * n))
    lesson.record("to a thread and back", thread_round_trip(10 * n))
    lesson.end()


if __name__ == "__main__":
    main()
