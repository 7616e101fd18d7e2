made = 1
made = 2
