"""Tests that fail in every way there is: run by ``pydelve test``."""

import sys
import unittest

import pytest


@pytest.fixture
def account():
    print("making an account")
    return {"balance": 100}


@pytest.fixture
def closed(account):
    raise RuntimeError("no bank")  # @set-up


@pytest.fixture
def restored(account):
    yield account
    assert account["balance"] == 100, "not restored"  # @teardown


def left_after(amount):
    return 100 - amount


@pytest.mark.parametrize("amount, left", [(30, 70), (50, 51)])
def test_withdraw(account, amount, left):
    print("withdrawing", amount)
    print("careful", file=sys.stderr)
    account["balance"] -= amount  # @withdraw
    assert left_after(amount) == left  # @wrong


def test_closed(closed):
    pass


def test_restored(restored):
    restored["balance"] = 1


def test_no_error():
    pytest.raises(ValueError, int, "3")  # @no-error


@pytest.mark.xfail
def test_known():
    assert 0


def test_skipped():
    pytest.skip("not today")


class OldTest(unittest.TestCase):
    def setUp(self):
        self.total = 3

    def test_total(self):
        self.assertEqual(self.total, 4)  # @unittest

    def test_parts(self):
        self.assertEqual(self.total, 3)
