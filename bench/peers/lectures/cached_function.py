"""A cached function: joblib.Memory."""
import tempfile

from joblib import Memory
from lesson import Lesson

computed = []


def primes(n):
    computed.append(n)
    found = []
    for x in range(2, n):
        d = 2
        while d * d <= x and x % d != 0:
            d += 1
        if d * d > x:
            found.append(x)
    return found


def main():
    lesson = Lesson()
    with tempfile.TemporaryDirectory() as folder:
        cached = Memory(folder, verbose=0).cache(primes)
        first = lesson.time("first call", cached, lesson.size)
        second = lesson.time("second call", cached, lesson.size)
        lesson.check(first == second and computed == [lesson.size])
    lesson.end()


if __name__ == "__main__":
    main()
