"""Pages of memory, on a memory made here."""

from __future__ import annotations

import pytest

from pydelve.target.cpython.memory import PAGE_SIZE, Fields, Memory, UnreadableError

BASE = 0x7000_0000_0000


class Made(Memory):
    """Three pages whose bytes count up, with a hole before the fourth."""

    def __init__(self) -> None:
        super().__init__()
        self.content = bytes(index * 7 % 251 for index in range(3 * PAGE_SIZE))
        self.pages_read: list[int] = []

    def _read_page(self, number: int) -> bytes:
        index = number - BASE // PAGE_SIZE
        self.pages_read.append(index)
        if not 0 <= index < 3:
            raise UnreadableError("a hole")
        return self.content[index * PAGE_SIZE : (index + 1) * PAGE_SIZE]


@pytest.mark.parametrize("offset", [0, 1, PAGE_SIZE - 9, PAGE_SIZE - 8, PAGE_SIZE - 7, PAGE_SIZE - 1])
def test_reads_over_the_ends_of_pages(offset: int) -> None:
    memory = Made()
    eight = memory.content[offset : offset + 8]
    assert memory.word(BASE + offset) == int.from_bytes(eight, "little")
    assert memory.signed_word(BASE + offset) == int.from_bytes(eight, "little", signed=True)
    assert memory.integer(BASE + offset) == int.from_bytes(eight[:4], "little", signed=True)
    assert memory.byte(BASE + offset) == eight[0]
    assert memory.words(BASE + offset, 2)[0] == int.from_bytes(eight, "little")
    assert memory.read(BASE + offset, 2 * PAGE_SIZE) == memory.content[offset : offset + 2 * PAGE_SIZE]


@pytest.mark.parametrize("offset", [0, PAGE_SIZE - 31, PAGE_SIZE - 30, PAGE_SIZE - 24, PAGE_SIZE - 1])
def test_fields_of_a_structure(offset: int) -> None:
    memory = Made()
    fields = Fields(
        {"back": "Q", "none": "Q", "owner": "B", "code": "i"}, {"back": 16, "owner": 29, "code": 4, "more": 0}
    )
    assert (fields.order, fields.size) == ([1, -1, 2, 0], 30)
    assert memory.fields(BASE + offset, fields) == (
        memory.integer(BASE + offset + 4), memory.word(BASE + offset + 16), memory.byte(BASE + offset + 29),
    )  # fmt: skip


@pytest.mark.parametrize("places", [{"a": 0, "b": 4}, {"a": 8, "b": 8}, {"a": 0, "b": PAGE_SIZE}, {"a": -8, "b": 0}])
def test_fields_that_no_structure_has(places: dict[str, int]) -> None:
    with pytest.raises(UnreadableError, match="implausible"):
        Fields({"a": "Q", "b": "Q"}, places)


def test_each_page_is_read_once_until_forgotten() -> None:
    memory = Made()
    memory.read(BASE, PAGE_SIZE + 1)
    memory.word(BASE + 8)
    assert memory.pages_read == [0, 1]
    memory.forget()
    memory.word(BASE)
    assert memory.pages_read == [0, 1, 0]


@pytest.mark.parametrize(
    ("address", "size"),
    [
        (BASE + 3 * PAGE_SIZE - 4, 8), (BASE - 1, 2), (0, 8), (8, 8), (-8, 8), (1 << 63, 8), ((1 << 64) - 4, 8),
        (BASE, -1), (BASE, 1 << 40),
    ],
)  # fmt: skip
def test_what_is_not_there_is_unreadable(address: int, size: int) -> None:
    with pytest.raises(UnreadableError):
        Made().read(address, size)


def test_texts_of_c() -> None:
    memory = Made()
    memory.content = b"name\0" + "é".encode() + b"\0\xff\xfe\0" + b"x" * (3 * PAGE_SIZE - 11)
    assert (memory.c_string(BASE), memory.c_string(BASE + 5), memory.c_string(BASE + 4)) == ("name", "é", "")
    for start in (8, 11):
        with pytest.raises(UnreadableError, match=r"^no text at 0x"):
            memory.c_string(BASE + start)
