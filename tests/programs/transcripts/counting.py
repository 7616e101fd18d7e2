"""A loop to stop in now and then."""


def work(number, log):
    log.append(number)
    return number % 3


def main():
    log = []
    for number in range(20):
        work(number, log)
    print(len(log), "times")


main()
