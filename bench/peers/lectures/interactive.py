"""The longest silence of a loop that answers its user, with the work in the loop and in a thread."""
import time
from concurrent.futures import ThreadPoolExecutor, wait

from lesson import Lesson


def count_primes(n):
    primes = 0
    for x in range(2, n):
        d = 2
        while d * d <= x and x % d != 0:
            d += 1
        primes += d * d > x
    return primes


def answer_until(is_done):
    longest, done = 0, False
    while not done:
        start = time.perf_counter()
        done = is_done()
        longest = max(longest, time.perf_counter() - start)
    return longest


def main():
    lesson = Lesson()
    in_loop = []
    lesson.record("longest silence, work in the loop",
                  answer_until(lambda: in_loop.append(count_primes(lesson.size)) is None))
    with ThreadPoolExecutor(1) as executor:
        work = executor.submit(count_primes, lesson.size)
        lesson.record("longest silence, work in a thread", answer_until(lambda: bool(wait([work], 0.001).done)))
        lesson.check(work.result() == in_loop[0])
    lesson.end()


if __name__ == "__main__":
    main()
