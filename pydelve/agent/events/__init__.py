"""Where the program's threads come to, told by the interpreter: breakpoints, steps, threads that stand still."""
