"""Loops, for stepping."""


def for_loop():
    total = 0  # @for_start
    for n in range(2):  # @for_head
        total += n  # @for_body
    else:
        total += 10  # @for_else
    return total  # @for_end


def for_break():
    for n in range(5):  # @fb_head
        if n == 1:  # @fb_if
            break  # @fb_break
    else:
        n = 9
    return n  # @fb_end


def while_loop():
    n = 2  # @wh_start
    while n:  # @wh_head
        n -= 1  # @wh_body
    else:
        n = 5  # @wh_else
    return n  # @wh_end


def endless():
    n = 0  # @en_start
    while True:
        n += 1  # @en_body
        if n == 2:  # @en_if
            return n  # @en_return


def one_line():
    total = 0  # @ol_start
    for n in range(5): total += n  # @ol_for
    while total: total -= 1  # @ol_while
    return total  # @ol_end


def nested():
    found = []  # @ne_start
    for a in (1, 2):  # @ne_outer
        for b in (3,):  # @ne_inner
            found.append((a, b))  # @ne_body
    return found  # @ne_end


def with_continue():
    total = 0  # @co_start
    for n in (1, 2):  # @co_head
        if n == 1:  # @co_if
            total += 1  # @co_one
            continue  # @co_continue
        total += 5  # @co_five
    return total  # @co_end


for_loop()  # @call_for
for_break()  # @call_break
while_loop()  # @call_while
endless()  # @call_endless
one_line()  # @call_one
nested()  # @call_nested
with_continue()  # @call_continue
done = True  # @done
