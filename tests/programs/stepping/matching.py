"""`match`, for stepping: 3.10 and later."""


def kind(value):
    match value:  # @match
        case 0:  # @case_zero
            return "zero"  # @zero
        case [first, *_] if first:  # @case_list
            found = first  # @list
        case _:  # @case_any
            found = None  # @any
    return found  # @end


kind(0)  # @call_zero
kind([1])  # @call_list
kind("x")  # @call_any
done = True  # @done
