"""What the catalogue of a campaign leaves out, so that nobody can be followed over sites by it.

Those are tables with a row per person, keyed hashes, hashes of images and of objects, words that people chose, and
whatever belongs to personal devices: handheld by class or by what they did; or of no known class, with an address that
is not a maker's own, or by a maker of phones. A case itself has it all.
"""

from __future__ import annotations

from pathlib import Path

NOT_THERE = ("persons", "journeys", "after_moments")
LEFT_OUT = {  # columns that are not there
    "findings": ("person_hmacs", "object_ids", "document_ids"),
    "events": (
        "device_hmac", "event_ref", "event_hmac", "shot_time", "name", "name_hmac", "id_number", "id_number_hmac",
        "phone", "phone_hmac", "person_ref", "person_hmac", "gender", "birthday", "address", "person_group", "agent",
        "first_photo_time", "report_time", "images", "image_urls", "url_hmacs", "journey_id", "leg",
    ),
    "images": ("sha256", "phash", "exif_make", "exif_model", "exif_time"),
    "fields": ("example",),
    "objects": ("sha256", "name"),
    "parts": ("upload", "sha256", "name", "links"),
    "relayed_images": ("sha256",),
    "devices": ("name",),
    "ledgers": ("subject",),
    "moments": ("text",),
}  # fmt: skip
PHONES = ("apple", "honor", "huawei", "meizu", "motorola", "oneplus", "oppo", "realme", "samsung", "vivo", "xiaomi")


def _words(*columns: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(("personal", f"t.{column}", "word") for column in columns)


_OF_MESSAGES = (("personal_messages", "t.message_id", "message_id"),)
THEIRS = {  # what a row must not have in common with personal devices: (table of theirs, what of ours, their column)
    **dict.fromkeys(("flows", "tls_hellos", "encrypted_uploads"), (("personal_flows", "t.flow_id", "flow_id"),)),
    **dict.fromkeys(("messages", "objects", "parts", "events", "relayed_images"), _OF_MESSAGES),
    "media": (*_OF_MESSAGES, *_words("address")),
    "evidence": (("personal_objects", "t.object_id", "object_id"),),
    "images": (("personal_images", "t.sha256", "sha256"),),
    "endpoints": _words("ip"),
    "devices": _words("device_id"),
    "bindings": _words("device_id", "mac"),
    "fields": _words("sender", "receiver"),
    "claims": _words("device_id"),
    "observations": _words("ip", "mac", "value"),
    "findings": (("surely_personal", "t.sender", "word"), ("surely_personal", "t.receiver", "word")),
    "relay_tests": _words("holder", "sender"),
    **dict.fromkeys(("upload_counts", "moment_tests"), _words("sender")),
    "ledgers": tuple(("personal", f"split_part(t.subject, ' > ', {side})", "word") for side in (1, 2)),
}
BLANK = {  # a finding counts, whoever may hold what it was sent from
    "findings": ("sender", "receiver", "sender_device", "receiver_device"),
}
ONLY = {  # what else is true of rows that are there
    "findings": "t.sender_role <> 'personal device'",
    "messages": "t.protocol NOT LIKE 'dhcp%'",  # everybody who has no address yet is in one flow, with a name
}
TABLES = ("devices", "flows", "messages", "objects")  # what it is found out from
FIND = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").replace("{phones}", str(PHONES))


def shown(table: str, column: str) -> str:
    """What stands in a column of a table, as t."""
    if column not in BLANK.get(table, ()):
        return f't."{column}"'
    theirs = "(SELECT (site, word) FROM personal)"
    return f"CASE WHEN (t.site, t.{column}) IN {theirs} THEN '' ELSE t.{column} END AS {column}"


def without(table: str) -> str:
    """The end of a query over a table, as t: no row of a personal device."""
    joins = [
        f"ANTI JOIN {theirs} p{number} ON t.site = p{number}.site AND {ours} = p{number}.{word}"
        for number, (theirs, ours, word) in enumerate(THEIRS.get(table, ()))
    ]
    return " ".join([*joins, *([f"WHERE {ONLY[table]}"] if table in ONLY else [])])
