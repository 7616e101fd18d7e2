def function():
    return 1  # @relative
