"""All machines, and which of them is at hand."""

from __future__ import annotations

import os

from pydelve.target.machines.aarch64 import Aarch64
from pydelve.target.machines.machine import Machine
from pydelve.target.machines.x86_64 import X8664

MACHINES: tuple[Machine, ...] = (X8664(), Aarch64())


def native() -> Machine | None:
    """The machine that we run on; None where it is another one."""
    name = os.uname().machine
    return next((machine for machine in MACHINES if machine.name == name), None)


def of_elf(number: int) -> Machine | None:
    """The machine of an ELF file (``e_machine``); None where it is another one."""
    return next((machine for machine in MACHINES if machine.elf == number), None)
