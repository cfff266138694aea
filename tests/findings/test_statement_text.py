"""How statements become text: reasons and their number, names or numbers, pages, sizes and times."""

from __future__ import annotations

import pytest

from netaudit.findings.statement_text import (
    Count,
    beyond_first_page,
    first_page,
    limits,
    sentence,
    size_text,
    time_text,
)

WHY = ["possible face", "face not sure", "multicast", "handed out inside", "direction contested"]


def apart(*counts: int, unit: str = "") -> dict[str, object]:
    """A statement with so many reasons."""
    return {
        "kind": "faces_apart", "counts": {"n": sum(counts)}, "why": dict(zip(WHY, counts, strict=False)), "unit": unit,
        "ledger": "faces",
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_three_reasons_are_named_and_the_others_counted_together(lang: str) -> None:
    text = sentence(apart(7, 5, 3), lang)
    assert {"en": "other", "zh": "其他"}[lang] not in text
    text = sentence(apart(7, 5, 3, 2, 1), lang)
    assert {"en": "other 3", "zh": "其他 3"}[lang] in text
    assert all(f" {n}" in text for n in (7, 5, 3))
    assert " 2" not in text


@pytest.mark.parametrize(("lang", "comma", "other"), [("en", ", ", "，"), ("zh", "，", ", ")])
def test_reasons_stand_apart_by_the_comma_of_their_language(lang: str, comma: str, other: str) -> None:
    one, two = sentence(apart(4), lang), sentence(apart(4, 2), lang)
    assert " 4" not in one.partition("(" if lang == "en" else "（")[2], "a reason alone needs no number"
    assert f" 4{comma}" in two
    assert f" 4{other}" not in two
    assert " 1.5 kB" in sentence(apart(1500, 2, unit="bytes"), lang)
    assert " 1,500" in sentence(apart(1500, 2), lang)
    assert " 0" not in sentence(apart(4, 0), lang).partition("(" if lang == "en" else "（")[2]


def tied(devices: int, ends: int, **named: list[str]) -> str:
    counts = {"n": 6, "all": 7, "seconds": 3, "odds": 1000, "devices": devices, "addresses": 0, "endpoints": ends}
    return sentence({"kind": "tied", "counts": counts} | named, "en")


def test_the_only_one_is_named_and_of_several_how_many_there_are() -> None:
    one = tied(1, 1, subjects=["192.168.1.20"], endpoints=["203.0.113.9"])
    assert "upload of 192.168.1.20 to 203.0.113.9," in one
    assert "upload of 2 inside devices to 3 endpoints," in tied(2, 3, subjects=["192.168.1.20"], endpoints=["a"])
    assert "upload of 1 inside device to 1 endpoint," in tied(1, 1)
    assert "upload of 1 inside device to 1 endpoint," in tied(1, 1, subjects=["a", "b"], endpoints=["c", "d"])
    assert "192.168.1.20 to" in tied(0, 0, subjects=["192.168.1.20"], endpoints=["203.0.113.9"])


@pytest.mark.parametrize(
    ("devices", "addresses", "en", "zh"),
    [
        (1, 0, "1 inside device for", "1 台内部设备向"),
        (0, 2, "2 inside addresses for", "2 个内部地址向"),
        (3, 1, "3 inside devices and 1 inside address for", "3 台内部设备和 1 个内部地址向"),
        (0, 0, "0 inside devices for", "0 台内部设备向"),
    ],
)
def test_devices_and_addresses_are_counted_apart(devices: int, addresses: int, en: str, zh: str) -> None:
    counts = {"images": 3, "a": 3, "b": 0, "devices": devices, "addresses": addresses, "endpoints": 1}
    assert en in sentence({"kind": "left", "counts": counts}, "en")
    assert zh in sentence({"kind": "left", "counts": counts}, "zh")


def test_what_a_file_holds_in_place_of_numbers_is_none() -> None:
    assert sentence({"kind": "left", "counts": {"images": "7", "a": None}}, "en").startswith("0 face images left")
    assert sentence({"kind": "left", "counts": [1]}, "en").startswith("0 face images left")


def pages(first: int, second: int, last: int) -> list[dict[str, object]]:
    """Statements of each page."""
    kinds = ["nothing_seen"] * first + ["moved"] * second + ["no_packets"] * last
    return [{"kind": kind, "counts": {}} for kind in kinds]


@pytest.mark.parametrize(
    ("lang", "stop", "between", "more"), [("en", ".", "; ", "{} more below"), ("zh", "。", "；", "另有 {} 项")]
)
def test_three_clauses_make_a_sentence_and_only_what_is_left_out_is_counted(
    lang: str, stop: str, between: str, more: str
) -> None:
    clauses = [1, 3, 4]
    page = first_page(pages(*clauses), lang)
    assert all(line.endswith(stop) and line[0] == line[0].upper() for line in page)
    assert page[1].count(between) == 2
    assert more.format(0) not in page[1]
    assert page[2].endswith(between + more.format(1) + stop)
    assert len(beyond_first_page(pages(*clauses), lang)) == 1
    assert len(first_page(pages(0, 1, 0), lang)) == 1


def test_limits_are_what_was_not_judged_or_read_and_what_a_later_version_says() -> None:
    said = [*pages(1, 1, 1), {"kind": "of_a_later_version"}, {}]
    assert limits(said) == said[2:]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_000, "999.0 kB"), (10**6, "1.0 MB"), (10**9, "1.0 GB"),
        (999 * 10**9, "999.0 GB"), (10**12, "1.0 TB"), (10**15, "1000.0 TB"),
    ],
)  # fmt: skip
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == f"{Count(size):size}" == text


def test_times_and_numbers() -> None:
    assert time_text(0) == "—"
    assert f"{Count(1_760_925_600_999_999_999):time}" == "2025-10-20 02:00:00 UTC"
    assert f"{Count(1):image|images}" == "1 image"
    assert f"{Count(1001):image|images}" == "1,001 images"
    assert f"{Count(0):image|images}" == "0 images"
    assert f"{Count(1001)}" == "1,001"
