"""What a set of shards holds at once: of a flood of connections no open body is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from tests.streams.wire import ACK, SYN, batch, packet

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"POST /up HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n\xff\xd8\xff\xe0"


def test_each_of_a_flood_of_open_bodies_is_told_as_unfinished(tmp_path: Path) -> None:
    make_folders(tmp_path)
    (tmp_path / "private" / "key").write_bytes(bytes(32))
    shard = Shard(tmp_path, "0", Keep())
    opened = [(packet((10 + n, 5000), (7, 80), seq=99, flags=SYN), n) for n in range(5)]
    bodies = [packet((10 + n, 5000), (7, 80), seq=100, data=HEAD + b"x" * 900, flags=ACK) for _, n in opened]
    shard.feed(*batch([*(one for one, _ in opened), *bodies]))
    assert shard.finish() == []
    told = read_streams(tmp_path, "messages").to_pylist()
    assert [(one["complete"], bool(one["missing"])) for one in told] == [(False, True)] * 5
