"""Tests that several workers run, by ``pytest -n``; named so that pytest finds them only when told."""

from app import work


def test_three():
    assert work(3) == 6


def test_four():
    assert work(4) == 8
