"""A command line read by argparse."""

import argparse


def parse():
    parser = argparse.ArgumentParser(prog="options")
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    for _ in range(options.count):
        print("hello", options.name, options.verbose)  # @greet
    return options.count


if __name__ == "__main__":
    raise SystemExit(main())
