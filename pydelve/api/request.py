"""The base of all requests. See ``requests``."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)


class Request(Generic[R_co]):
    """The base of all requests.

    ``URGENT`` ones are answered at once even while another request waits for the target: state, halt, interrupt,
    signal, detach.
    """

    __slots__ = ()
    URGENT: ClassVar[bool] = False
