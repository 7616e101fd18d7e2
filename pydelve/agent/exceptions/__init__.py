"""Exceptions: raised, caught or not, and those that end a thread, a task or a test."""
