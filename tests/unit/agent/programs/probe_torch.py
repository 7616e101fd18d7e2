"""Part of probe_printers.py: torch's tensors."""

# It runs on 3.9 too.
# ruff: noqa: UP031
# mypy: ignore-errors

import torch
from torch.overrides import TorchFunctionMode
from traps import ran

from __main__ import problems, show, timed


class Mode(TorchFunctionMode):
    """Sees every access."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        ran.append("mode")
        return function(*args, **(kwargs or {}))


class Derived(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        ran.append("__torch_function__")
        return super().__torch_function__(function, types, args, kwargs)


show("tensor", torch.arange(6.0).reshape(2, 3))
show("tensor transposed", torch.arange(6).reshape(2, 3).T)
show("tensor of no dimensions", torch.tensor(3.5))
show("parameter", torch.nn.Parameter(torch.zeros(2)))
show("tensor of bools", torch.tensor([True, False]))
show("tensor of bfloat16", torch.tensor([1.5, -2.0], dtype=torch.bfloat16))
show("tensor of halves", torch.zeros(2, dtype=torch.half))
show("tensor elsewhere", torch.zeros(2, device="meta"))
show("tensor with zeros left out", torch.eye(2).to_sparse())
derived = torch.zeros(2).as_subclass(Derived)
ran.clear()
show("tensor of a derived class", derived)
plain = torch.zeros(2)
with Mode():
    ran.clear()
    show("tensor in a mode", plain)
for size in (10, 10_000, 1_000_000):
    timed("a tensor of %d" % size, torch.zeros(size))
if ran:
    problems.append("ran %s" % ran)
