"""An audit with keys: what is asked for, what is recorded, what is kept, and what reaches no table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import netaudit
from netaudit.capture.from_files import open_captures, secrets_of
from netaudit.errors import UsageError
from netaudit.pipeline.keys import gather, request
from netaudit.protocols.decryption.keylog import CAPTURE

FOLDER = Path(__file__).parents[2] / "pcaps" / "opened"
NAME = "tls13_key_update"
CAPTURE_FILE, LOG = FOLDER / f"{NAME}.pcapng", FOLDER / f"{NAME}.keylog"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("files", "keys_for", "authority", "said"),
    [
        ([LOG], (), "consent", "--keys-for"),
        ([LOG], ("all",), None, "--authority"),
        ([LOG], ("all",), "  ", "--authority"),
        ([], (), "consent", "--keys-for"),
        ([LOG], ("no such/name",), "consent", "--keys-for"),
        ([FOLDER / "none.keylog"], ("all",), "consent", "none.keylog"),
        ([FOLDER / "expected.json"], ("all",), "consent", "expected.json"),
    ],
)
def test_keys_open_nothing_without_limits_and_authority(files, keys_for, authority, said):
    with pytest.raises(UsageError, match=said):
        request(files, keys_for, authority)


def test_nothing_asked_is_nothing_given():
    assert request([], (), None) is None
    assert gather(None, []) is None


def test_secrets_behind_the_packets_of_a_file_are_found():
    path = FOLDER / "http2_curl.pcapng"
    captures = open_captures([path])
    assert captures.sources[0].secrets == []
    assert len(secrets_of(path)) == 1
    gathered = gather(request([], ("all",), "consent"), captures.sources)
    assert gathered.facts["sources"][0]["name"] == "http2_curl.pcapng"  # without the folders of this machine
    assert [source.kind for source in gathered.given.sources] == [CAPTURE]
    assert gathered.facts["secrets"] > 0
    assert gathered.facts["only_secrets_before_packets"] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_of_a_pipe_only_secrets_before_its_packets_are_used(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = (FOLDER / "http2_curl.pcapng").read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    captures = open_captures([pipe])
    gathered = gather(request([], ("all",), "consent"), captures.sources)
    for _ in captures.windows():
        pass
    writer.join()
    assert gathered.given.sources == ()
    assert gathered.facts["only_secrets_before_packets"] == ["pipe"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "case"
    return netaudit.audit(
        CAPTURE_FILE,
        folder,
        faces=False,
        keep_all=True,
        tls_keys=[LOG],
        keys_for=["cloud.example"],
        authority="file 17",
    )


def test_a_case_says_who_opened_what(case):
    (flow,) = (row for row in case.table("flows").to_pylist() if row["protocol"] == "tls")
    keys = case.manifest["keys"]
    assert (flow["keys"], flow["keys_from"]) == ("opened", keys["sources"][0]["label"])
    assert keys["authority"] == "file 17"
    assert keys["connections"] == {"opened": 1}
    assert case.run["keys"] == {"authority": "file 17", "keys_for": ["cloud.example"]}
    opened = [row for row in case.table("messages").to_pylist() if row["opened"]]
    assert {row["protocol"] for row in opened} == {"http"}
    assert all("opened with keys from" in " ".join(row["notes"]) for row in opened)
    assert EXPECTED[NAME]["sha256"][0] in case.table("images")["sha256"].to_pylist()


def test_of_the_keys_only_those_used_stay_and_only_for_their_owner(case):
    kept = case.folder / "private" / "keys.log"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert set(kept.read_text().splitlines()) <= set(LOG.read_text().splitlines())
    assert list((case.folder / "private").glob("keys.*.part")) == []


def test_cookies_queries_and_other_bodies_reach_nothing(case):
    secret = b"sid=secret"  # the cookie
    for path in sorted(case.folder.rglob("*")):
        if path.is_file() and path.name != "keys.log":
            assert secret not in path.read_bytes(), path
    for path in sorted((case.folder / "tables").glob("*.parquet")):
        assert "sid=" not in str(pq.read_table(path).to_pydict()), path
    stored = [row for row in case.table("objects").to_pylist() if row["stored"]]
    assert {row["kind"] for row in stored} == {"jpeg"}


def test_a_connection_that_nobody_asked_for_stays_closed(tmp_path):
    case = netaudit.audit(
        CAPTURE_FILE, tmp_path / "case", faces=False, tls_keys=[LOG], keys_for=["10.0.0.0/8"], authority="file 17"
    )
    assert case.manifest["keys"]["connections"] == {"not asked for": 1}
    assert case.table("images").num_rows == 0
    assert not (tmp_path / "case" / "private" / "keys.log").exists()


def test_any_number_of_workers_gives_the_same_rows(case, tmp_path):
    words = ["audit", str(CAPTURE_FILE), "--case", str(tmp_path / "case"), "--no-faces", "--keep-all", "--workers", "2"]
    words += ["--tls-keys", str(LOG), "--keys-for", "cloud.example", "--authority", "file 17"]
    done = subprocess.run([sys.executable, "-m", "netaudit", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 5, done.stderr  # its picture was not judged
    other = netaudit.open_case(tmp_path / "case")
    for name in ("flows", "messages", "objects", "evidence", "images"):
        assert other.table(name).equals(case.table(name)), name
    log = "private/keys.log"
    assert (other.folder / log).read_bytes() == (case.folder / log).read_bytes()
