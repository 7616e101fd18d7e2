"""Tests of what both ends of a connection share."""
