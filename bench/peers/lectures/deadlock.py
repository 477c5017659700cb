"""Deadlock noticed by a timeout, and mended by one order of the locks for all."""
import threading

from lesson import Lesson


def both(body):
    threads = [threading.Thread(target=body, args=(mine,)) for mine in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def deadlock():
    locks, each_holds_one, stuck = [threading.Lock(), threading.Lock()], threading.Barrier(2), []

    def body(mine):
        with locks[mine]:
            each_holds_one.wait()
            if locks[1 - mine].acquire(timeout=0.05):
                locks[1 - mine].release()
            else:
                stuck.append(mine)

    both(body)
    return len(stuck)


def transfers(n):
    locks, money = [threading.Lock(), threading.Lock()], [1000, 1000]

    def body(mine):
        for _ in range(n):
            with locks[0], locks[1]:
                money[mine] -= 1 + mine
                money[1 - mine] += 1 + mine

    both(body)
    return money


def main():
    lesson = Lesson()
    lesson.check(lesson.time("two locks one by one", deadlock) >= 1)
    lesson.check(lesson.time("both locks at once", transfers, lesson.size) == [1000 + lesson.size, 1000 - lesson.size])
    lesson.end()


if __name__ == "__main__":
    main()
