"""Files from writes at offsets: against bytes put down one by one; time follows the writes in any order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.file_transfer.filebytes import FileBytes
from netaudit.protocols.message import Message
from tests.processor_time import within


@given(
    st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=12)), max_size=20), st.integers(0, 70), st.integers(0, 9)
)
@settings(max_examples=200, deadline=None)
def test_what_was_written_where(writes: list[tuple[int, bytes]], first: int, count: int) -> None:
    file, there = FileBytes(), dict[int, int]()
    for offset, data in writes:
        file.write(offset, data)
        there |= {offset + at: byte for at, byte in enumerate(data)}
    assert {at for a, b in file.ranges for at in range(a, b)} == there.keys()
    assert file.ranges == sorted(file.ranges)
    assert all(a[1] < b[0] for a, b in zip(file.ranges, file.ranges[1:], strict=False))
    if count:
        assert file.has(first, first + count) == all(first + at in there for at in range(count))
    message = Message("smb", 0, 0, 0)
    file.fill(message, 0, known=True)
    assert {at for a, b in message.missing for at in range(a, b)} == set(range(message.body_size)) - there.keys()
    assert all(message.body[at] == byte for at, byte in there.items())


def test_time_follows_the_writes() -> None:
    """Each write away from the others: to go through all of them at each would cost the square of them."""
    file = FileBytes()
    with within(5):
        for at in range(30_000):
            file.write(2 * at, b"x")
            assert file.has(2 * at, 2 * at + 1)
    assert len(file.ranges) == 30_000
