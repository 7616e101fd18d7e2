"""Imported late by ``subject``: a breakpoint here is suspended until then."""

STATUS = 4 + 3  # @late
