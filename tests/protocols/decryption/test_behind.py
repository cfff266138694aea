"""TLS that begins behind words in clear, opened with keys: a mail server's STARTTLS, a proxy's CONNECT."""

import hashlib

from netaudit.cli.app import app
from netaudit.evidence.case.reading import open_case
from tests.protocols.decryption.test_opened_captures import FOLDER

PICTURE = "7258746f17ed166058894d098f11ebe6b12b3e83ccd095052b75c5e6d26e4929"


def test_pictures_behind_starttls_and_connect_come_out_whole(tmp_path, capsys):
    words = ["audit", str(FOLDER / "behind.pcapng"), "--case", str(tmp_path / "case"), "--no-faces"]
    keys = ["--tls-keys", str(FOLDER / "behind.keylog"), "--keys-for", "all", "--authority", "own test machines"]
    app([*words, *keys], standalone_mode=False)
    case = open_case(tmp_path / "case")
    flows = {row["server_port"]: row for row in case.table("flows").to_pylist() if row["transport"] == "tcp"}
    assert {port: (row["keys"], row["protocol"]) for port, row in flows.items()} == {
        25: ("opened", "tls"),
        3128: ("opened", "tls"),
    }
    messages = {row["message_id"]: row for row in case.table("messages").to_pylist()}
    found = [row for row in case.table("objects").to_pylist() if row["sha256"] == PICTURE]
    ways = sorted(
        (messages[row["message_id"]]["protocol"], bool(messages[row["message_id"]]["opened"])) for row in found
    )
    assert ways == [("http", True), ("smtp", True)]
    assert hashlib.sha256(case.object_path(PICTURE).read_bytes()).hexdigest() == PICTURE
