"""Tests whose asserts pytest rewrites: see ``test_weaving_tools.py``."""

import pytest


def helper(n):
    total = n + 1  # @helper
    return total


@pytest.fixture
def three():
    made = helper(2)  # @fixture
    return made


def test_passes(three):
    here = three  # @here
    assert helper(here) == 4  # @assert


def test_fails(three):
    found = [three, 1]  # @fails
    assert found[0] == helper(three)
