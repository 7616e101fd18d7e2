"""The tests: unit (pure), contract (one suite per interface), e2e (real programs on every interpreter found)."""
