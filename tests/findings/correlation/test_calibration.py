"""What sizes and times tell without keys is scored where keys opened the same connections."""

from netaudit.findings.correlation.from_tables import found_in
from tests.report.fakes import filled


def test_what_was_opened_says_whether_the_image_was_in_its_connection():
    relayed = filled("relayed_images", [{"sha256": sha, "flow_id": flow} for sha, flow in ["ao", "bo", "ap", "ac"]])
    flows = filled("flows", [{"flow_id": "o", "keys": "opened"}, {"flow_id": "p", "keys": "partly"}, {"flow_id": "c"}])
    messages = [
        {"message_id": "m", "flow_id": "o", "opened": "keys.log"},
        {"message_id": "n", "flow_id": "c", "opened": ""},
    ]
    objects = [
        {"object_id": "x", "message_id": "m", "sha256": "a"},
        {"object_id": "y", "message_id": "n", "sha256": "a"},
    ]
    tables = {"flows": flows, "messages": filled("messages", messages), "objects": filled("objects", objects)}
    assert found_in(relayed, tables).to_pylist() == ["found", "absent", "", ""]


def test_where_nothing_was_opened_nothing_is_scored():
    relayed = filled("relayed_images", [{"sha256": "a", "flow_id": "o"}])
    tables = {name: filled(name, []) for name in ("flows", "messages", "objects")}
    assert found_in(relayed, tables).to_pylist() == [""]
