"""Opens what is only looked at: a live process from outside, or a core file. Imported when one is asked for."""

from __future__ import annotations

from pydelve.api.attach import CoreOptions, LookOptions
from pydelve.target.core.source import CoreSource
from pydelve.target.interface import Listener, Waiter
from pydelve.target.live.looked import LiveSource
from pydelve.target.looking import LookingProcess, Source


def open_looking(options: LookOptions | CoreOptions, waiter: Waiter, listener: Listener) -> LookingProcess:
    """The target; it stands still with its first ``halt``.

    Raises:
        TargetError: it can't be looked into; the family says more.
    """
    return LookingProcess(_source(options), waiter, listener)


def _source(options: LookOptions | CoreOptions) -> Source:
    if isinstance(options, LookOptions):
        return LiveSource(options)
    return CoreSource(options)
