"""Identity numbers that left and that nothing names: a few accuse nobody, and nobody is calm about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from netaudit.core.masking.number_forms import right_check_digit
from netaudit.findings.summary import Sentences
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAM, SERVER, CLOUD = "192.168.1.30", "192.168.1.40", "47.96.10.20"
WRONG = number(8)[:-1] + ("1" if number(8)[-1] != "1" else "2")  # the form of one, and another check digit
TYPED = [number(n, "19910704")[:-1] + "3456789"[n % 7] for n in range(20, 34)]  # a series of numbers, some right
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
ORDER = "990101199001010019"  # the right check digit, as one order number in eleven has, and no region


def escaped(text: str, every: int) -> str:
    """Digits as percent escapes, which no writer needs."""
    return "".join(f"%{ord(one):02X}" if at % every == 0 else one for at, one in enumerate(text))


def audit(folder: Path, *talks: tuple[str, str, str]) -> netaudit.Case:
    """Requests: from, to, and their path."""
    capture = Capture()
    for sender, receiver, path in talks:
        capture.talk(sender, receiver, (request("GET", path), reply()))
    return netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", faces=False)


def apart(case: netaudit.Case) -> list[tuple[str, str, int, bool]]:
    rows = case.table("ledgers").to_pylist()
    return [
        (row["subject"], row["reason"], row["count"], row["understood"]) for row in rows if row["ledger"] == "apart"
    ]


def told(case: netaudit.Case, lang: str = "en") -> str:
    """What the summary says was found."""
    return " ".join(Sentences(case.summary, lang).found())


@pytest.mark.parametrize(
    ("paths", "count"),
    [
        ([f"/q/{number(1)}"], 1),
        ([f"/q/{number(1)}", f"/q/{number(2)}", f"/q/{number(1)}"], 2),  # each once, however often it went
        ([f"/q/{escaped(number(1), 1)}"], 1),  # however it is escaped
        ([f"/q?i={escaped(number(1), 5)}"], 1),
        ([f"/q/{number(1)}/{WRONG}"], 1),  # beside another that is of the form only
    ],
)
def test_a_few_numbers_in_paths_accuse_nobody_and_are_told(paths: list[str], count: int, tmp_path: Path) -> None:
    case = audit(tmp_path, *((CAM, CLOUD, path) for path in paths))
    assert case.table("findings").num_rows == 0
    assert apart(case) == [(CAM, "numbers alone", count, False)]
    noun = "number" if count == 1 else "numbers"
    assert f"{count} {noun} in the form of an ID number left without a field name" in told(case)
    assert f"{count}个形似身份号码的号码外传" in told(case, "zh")


def test_a_series_with_no_more_right_check_digits_than_chance_gives_is_told_below(tmp_path: Path) -> None:
    wrong = [one for one in TYPED if not right_check_digit(one)]
    capture = Capture()
    capture.talk(CAM, CLOUD, (request("POST", "/orders", [[1, number(1)], *([1, one] for one in wrong)]), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert case.table("findings").num_rows == 0
    assert apart(case) == [(CAM, "numbers as chance gives", 1, False)]
    assert "1 number fits the form of an ID number by chance" in told(case)


@pytest.mark.parametrize(("right", "wrong"), [(1, 2), (4, 10)])
def test_more_right_ones_than_chance_gives_are_told_on_the_first_page(right: int, wrong: int, tmp_path: Path) -> None:
    sent = [number(n) for n in range(1, right + 1)] + [one for one in TYPED if not right_check_digit(one)][:wrong]
    capture = Capture()
    capture.talk(CAM, CLOUD, (request("POST", "/orders", [[1, one] for one in sent]), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert [row[3] for row in apart(case)] == ([False] if right < 3 else [])
    assert case.table("findings").num_rows == (right >= 3)


def test_three_persons_on_one_way_are_a_finding_and_not_told_twice(tmp_path: Path) -> None:
    paths = [*(f"/q/{number(n)}" for n in (1, 2, 3)), f"/q/{number(1)}/{WRONG}"]
    case = audit(tmp_path, *((CAM, CLOUD, path) for path in paths))
    assert case.table("findings")["persons"].to_pylist() == [3]
    assert apart(case) == []


@pytest.mark.parametrize(
    "talk",
    [
        (CAM, SERVER, f"/q/{number(1)}"),  # it stayed inside
        (CLOUD, SERVER, f"/q/{number(1)}"),  # it came from outside
        (CAM, CLOUD, f"/order/{ORDER}"),
        (CAM, CLOUD, f"/order/{WRONG}"),
    ],
)
def test_what_did_not_leave_or_is_no_persons_is_not_told(talk: tuple[str, str, str], tmp_path: Path) -> None:
    assert apart(audit(tmp_path, talk)) == []


@pytest.mark.parametrize(
    ("body", "grades", "apart_count"),
    [
        ({"xm": "张三", "sfzh15": "330106961110246"}, ["B"], 0),  # of the first generation: no check digit
        ({"name": "张三", "idcard": WRONG}, ["B"], 0),  # a wrong one
        ({"idcard": WRONG}, ["B"], 0),
        ({"name": "张三", "idcard": "E12345678"}, [], 0),
        ({"name": "张三", "orderNo": "330106961110246"}, [], 0),
        ({"name": "张三", "cardNo": "330106961110246"}, [], 1),  # also of bank cards
        ({"sfzh15": "330106961110246"}, [], 1),  # beside no name
    ],
)
def test_numbers_that_their_fields_call_identity_numbers_are_a_finding_without_a_right_check_digit(
    body: dict[str, str], grades: list[str], apart_count: int, tmp_path: Path
) -> None:
    capture = Capture()
    capture.talk(CAM, CLOUD, (request("POST", "/v", body), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert [(row["certainty"], row["doubts"]) for row in case.table("findings").to_pylist()] == [
        (grade, ["number not validated"]) for grade in grades
    ]
    assert [row[2] for row in apart(case) if row[1] == "numbers called so"] == [1] * apart_count
    assert ("called ID numbers by their fields" in told(case)) is bool(apart_count)


def test_series_upon_series_are_no_chance(tmp_path: Path) -> None:
    """Of a few right ones nobody knows; of many, each among wrong ones, nobody is calm."""
    wrong = [one for one in TYPED if not right_check_digit(one)][:3]
    capture = Capture()
    for place in range(1, 9):
        body = [[1, number(place)], *([1, one] for one in wrong)]
        capture.talk(CAM, CLOUD, (request("POST", "/orders", body), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert "by chance" in told(case)


def test_one_persons_number_in_a_browsers_form_accuses_nobody_and_is_told(tmp_path: Path) -> None:
    """A cookie that a page set, or what its user typed: it left all the same."""
    capture = Capture()
    agent = {"user_agent": BROWSER}
    page = reply("<html><body>a</body></html>", "text/html", set_cookie=f"uinfo=idcard:{number(3)}; path=/")
    capture.talk(CAM, CLOUD, (request("GET", "/", **agent), page))
    for place in range(3):
        said = request("GET", f"/{place}?idcard={number(3)}", **agent)
        capture.talk(CAM, CLOUD, (said, reply("<html><body>a</body></html>", "text/html")))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert case.table("findings").num_rows == 0
    assert ("one person's number", 3) in [(row[1], row[2]) for row in apart(case)]
    assert "A browser sent one ID number 3 times to one site" in told(case)


def test_numbers_that_a_page_told_a_browser_to_send_are_its_words(tmp_path: Path) -> None:
    """A redirection from outside with strangers' numbers: no A against who follows it, and nobody retrieved them."""
    capture = Capture()
    for serial in range(4):
        place = f"http://tj.example.com/t?idcard={number(serial)}&name=%E5%BC%A0%E4%B8%89"
        capture.talk(
            CAM, CLOUD, (request("GET", "/", user_agent=BROWSER), reply(b"", status="302 Found", location=place))
        )
        capture.talk(CAM, "47.96.10.21", (request("GET", place.partition(".com")[2], user_agent=BROWSER), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    found = case.table("findings").to_pylist()
    assert [(one["act"], one["certainty"]) for one in found] == [("uploaded outside", "B")]
    assert found[0]["doubts"] == ["came from outside"]
