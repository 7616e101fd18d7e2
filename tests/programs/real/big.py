"""A list of a million integers and a dict of a hundred thousand entries."""

numbers = list(range(1_000_000))
table = {number: str(number) for number in range(100_000)}
print(len(numbers), len(table))  # @here
