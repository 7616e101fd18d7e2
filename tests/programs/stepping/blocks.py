"""`with`, `try` and exceptions, for stepping."""
import contextlib


class Managed:
    def __enter__(self):
        return self  # @enter

    def __exit__(self, *error):
        closed = True  # @exit_one
        return False  # @exit_two


class Swallows(Managed):
    def __exit__(self, *error):
        return True  # @swallow


def uses_with():
    with Managed() as m:  # @uw_with
        value = 1  # @uw_body
    after = 2  # @uw_after
    return m, value, after  # @uw_end


def two_withs():
    with Managed(), Managed():  # @tw_with
        value = 1  # @tw_body
    return value  # @tw_end


def returns_in_with():
    with Managed():  # @rw_with
        return 5  # @rw_return


def swallows():
    with Swallows():  # @sw_with
        raises()  # @sw_call
    return 1  # @sw_end


def raises():
    raise KeyError("k")  # @raise


def suppressed():
    with contextlib.suppress(KeyError):  # @su_with
        raises()  # @su_call
    return 2  # @su_end


@contextlib.contextmanager
def managing():
    before = 1  # @cm_before
    try:  # @cm_block
        yield before  # @cm_yield
    finally:
        after = 2  # @cm_finally


def uses_manager():
    with managing() as m:  # @um_with
        value = m  # @um_body
    return value  # @um_end


def same_frame():
    try:  # @sf_block
        value = 1  # @sf_try
        raise ValueError(value)  # @sf_raise
    except KeyError:  # @sf_wrong
        value = 2
    except ValueError as error:  # @sf_right
        value = 3  # @sf_handler
    else:
        value = 4
    finally:
        value += 1  # @sf_finally
    return value  # @sf_end


def no_exception():
    try:  # @no_block
        value = 1  # @no_try
    except KeyError:
        value = 2
    else:
        value = 3  # @no_else
    finally:
        value += 1  # @no_finally
    return value  # @no_end


def in_caller():
    try:  # @ic_block
        raises()  # @ic_call
    except KeyError:  # @ic_except
        value = 1  # @ic_handler
    return value  # @ic_end


def passes_on():
    raises()  # @po_call
    return 0


def in_callers_caller():
    try:  # @icc_block
        passes_on()  # @icc_call
    except KeyError:  # @icc_except
        value = 2  # @icc_handler
    return value  # @icc_end


def with_finally():
    try:  # @wf_block
        return 1  # @wf_return
    finally:
        value = 2  # @wf_finally


def reraises():
    try:  # @rr_block
        raises()  # @rr_call
    except KeyError:  # @rr_except
        value = 1  # @rr_handler
        raise  # @rr_raise


def catches_reraised():
    try:  # @cr_block
        reraises()  # @cr_call
    except KeyError:  # @cr_except
        return 3  # @cr_handler


def through_finally():
    try:  # @tf_block
        raises()  # @tf_call
    finally:
        value = 1  # @tf_finally


def catches_through():
    try:  # @ct_block
        through_finally()  # @ct_call
    except LookupError:  # @ct_except
        value = 1  # @ct_handler
    return 4  # @ct_end


def in_library():
    found = sorted([1, 2], key=raising_key)  # @il_sorted
    return found


def raising_key(a):
    raise ValueError(a)  # @rk_raise


def catches_library():
    try:  # @cli_block
        in_library()  # @cli_call
    except ValueError:  # @cli_except
        return 6  # @cli_handler


uses_with()  # @call_with
uses_with()  # @call_with_step
two_withs()  # @call_two
returns_in_with()  # @call_return_with
swallows()  # @call_swallows
swallows()  # @call_swallows_step
suppressed()  # @call_suppressed
uses_manager()  # @call_manager
uses_manager()  # @call_manager_step
uses_manager()  # @call_manager_next
same_frame()  # @call_same
no_exception()  # @call_no
in_caller()  # @call_in_caller
in_caller()  # @call_in_caller_step
in_callers_caller()  # @call_icc
in_callers_caller()  # @call_icc_step
with_finally()  # @call_finally
catches_reraised()  # @call_reraised
catches_through()  # @call_through
catches_library()  # @call_library
done = True  # @done
