"""Programs that the program starts, and forks of it."""
