"""Generators and comprehensions, for stepping."""


def double(a):
    return a * 2  # @double


def count(n):
    for i in range(n):  # @cnt_for
        yield i  # @cnt_yield
    return "end"  # @cnt_end


def stops_early():
    for value in count(5):  # @se_for
        if value == 1:  # @se_if
            break  # @se_break
    return value  # @se_end


def with_cleanup():
    try:  # @wc_try
        yield 1  # @wc_one
        yield 2  # @wc_two
    finally:
        cleaned = True  # @wc_finally


def closes():
    generator = with_cleanup()  # @cl_make
    next(generator)  # @cl_next
    generator.close()  # @cl_close
    return 1  # @cl_end


def exhausts():
    total = 0  # @ex_start
    for value in count(2):  # @ex_for
        total += value  # @ex_body
    return total  # @ex_end


def delegates():
    result = yield from count(1)  # @de_from
    yield result  # @de_yield


def runs_delegate():
    found = list(delegates())  # @rd_list
    return found  # @rd_end


def sends():
    generator = receives()  # @sd_make
    next(generator)  # @sd_next
    answer = generator.send(3)  # @sd_send
    try:
        generator.throw(KeyError("x"))  # @sd_throw
    except KeyError:  # @sd_except
        answer = 0  # @sd_handler
    return answer  # @sd_end


def receives():
    got = yield 1  # @rc_yield
    got = yield got + 1  # @rc_again


def comprehended():
    found = [double(a) for a in (1, 2)]  # @co_list
    found = {double(a) for a in found if a}  # @co_set
    found = {a: double(a) for a in found}  # @co_dict
    found = sum(double(a) for a in found)  # @co_gen
    plain = [a for a in range(3)]  # @co_plain
    many = [  # @co_many
        double(a)  # @co_many_call
        for a in (1, 2)
    ]
    return found, plain, many  # @co_end


def abandoned():
    generator = count(3)  # @ab_make
    first = next(generator)  # @ab_next
    kept = [generator]  # @ab_keep
    return first, kept  # @ab_end


exhausts()  # @call_exhausts
exhausts()  # @call_exhausts_step
stops_early()  # @call_early
closes()  # @call_closes
closes()  # @call_closes_step
runs_delegate()  # @call_delegate
sends()  # @call_sends
comprehended()  # @call_comprehended
comprehended()  # @call_comprehended_step
abandoned()  # @call_abandoned
done = True  # @done
