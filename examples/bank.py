"""A small bank whose books don't balance: a first program to debug.

    pydelve debug examples/bank.py

Every amount is right, and still nobody's history adds up to the balance; not even Ben's, who only opened his account.
Find out why:

    break audit              where the accounts are checked
    continue
    args                     three accounts, and what is in them
    print accounts[1].owner, accounts[1].history
    print accounts[0].history is accounts[1].history
    list Account.__init__    so where does a history come from?

``restart`` begins again with the breakpoints kept; ``exit`` leaves.
"""


class Account:
    """Money of one person, and what happened to it."""

    def __init__(self, owner, balance=0, history=[]):
        self.owner = owner
        self.balance = balance
        self.history = history
        self.history.append(("open", balance))

    def deposit(self, amount):
        self.balance += amount
        self.history.append(("deposit", amount))

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError(f"{self.owner} has only {self.balance}")
        self.balance -= amount
        self.history.append(("withdraw", -amount))


def transfer(source, target, amount):
    source.withdraw(amount)
    target.deposit(amount)


def audit(accounts):
    """The accounts whose history does not add up to their balance."""
    wrong = []
    for account in accounts:
        total = sum(amount for _, amount in account.history)
        if total != account.balance:
            wrong.append(account.owner)
    return wrong


def main():
    ann, ben, eve = Account("Ann", 100), Account("Ben", 50), Account("Eve")
    transfer(ann, eve, 30)
    eve.deposit(5)
    wrong = audit([ann, ben, eve])
    print("wrong:", ", ".join(wrong) or "none")


if __name__ == "__main__":
    main()
