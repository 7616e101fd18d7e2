"""Tests of serving without a program."""
