"""A report that dies of one bad record: an uncaught exception to look into after the fact.

    pydelve debug --continue examples/crash.py

The program stops where the exception left it (its ``finally`` blocks have run), and the frames of the traceback are
there to be looked into:

    stack                    the whole way in, innermost first
    locals                   what was being read?
    up
    print records[number]    the record at fault
    print sum(1 for r in records if not r["hours"].isdigit())
"""

import csv
import io

SHEET = """\
name,hours,rate
Ann,12,20
Ben,7,25
Cyd,,18
Dan,3,30
"""


def parse(record):
    return int(record["hours"]) * int(record["rate"])


def total(records):
    result = 0
    for number in range(len(records)):
        result += parse(records[number])
    return result


def main():
    sheet = io.StringIO(SHEET)
    try:
        records = list(csv.DictReader(sheet))
        print("total:", total(records))
    finally:
        sheet.close()


if __name__ == "__main__":
    main()
