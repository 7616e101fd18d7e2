"""A small test file, for pytest; its asserts are rewritten."""

import pytest


@pytest.fixture
def account():
    return {"balance": 100}


def test_withdraw(account, capsys):
    print("withdrawing")
    account["balance"] -= 30
    assert account["balance"] == 70  # @check
    assert capsys.readouterr().out == "withdrawing\n"


@pytest.mark.parametrize("amount", [1, 2])
def test_fails_once(account, amount):
    account["balance"] -= amount
    print("amount", amount)
    assert account["balance"] == 98  # @compare
