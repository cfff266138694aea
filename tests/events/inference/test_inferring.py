"""Which records are events of persons: not the other pictures of an album, not those of goods."""

from __future__ import annotations

import pytest

from netaudit.events.inference.context import Around
from netaudit.events.inference.inferred import Inferred, Picture
from netaudit.events.inference.inferring import infer
from netaudit.events.inference.learning import fields_of
from netaudit.events.inference.messages import Route, RouteMessage, leaf
from tests.spoken import WEIGHTS

STEM = "19880312001"  # of a number: birthday and serial
FACES = ("yes", "no", "no", "yes", "no", "no")


def put(target: str, place: int, more: dict[str, str] | None = None) -> RouteMessage:
    """A picture that is put under a name."""
    steps = target.strip("/").split("/")
    leaves = [leaf("", "", "", f"{place:064x}")]
    leaves += [leaf(f"path[{at}]", "", step) for at, step in enumerate(steps, 1)]
    leaves += [leaf(key, key, value) for key, value in (more or {}).items()]
    route = Route("192.168.1.9", "192.168.1.2", reply=False, protocol="http", method="PUT", target="/a/*")
    return RouteMessage(
        f"{place:032x}", route, ("f", "up"), 1_748_744_000 * 10**9, place, "c", complete=True, leaves=leaves
    )


def checked(stem: str) -> str:
    """A number with its check digit."""
    return stem + "10X98765432"[sum(int(one) * weight for one, weight in zip(stem, WEIGHTS, strict=True)) % 11]


def events(messages: list[RouteMessage], faces: tuple[str, ...]) -> list[bool]:
    """Which of the messages tell of somebody."""
    around = Around({f"{place:064x}": Picture(face, 800, 600) for place, face in enumerate(faces)}, {})
    around.shows_faces, around.telling = True, True
    fields = fields_of(messages)
    return [bool(infer(one, fields, around)) for one in messages]


def test_of_an_album_the_pictures_with_faces_are_told() -> None:
    messages = [put(f"/Photos/IMG_{place}.jpg", place) for place in range(len(FACES))]
    assert events(messages, FACES) == [face == "yes" for face in FACES]


def test_a_capture_without_a_found_face_says_when_it_was() -> None:
    messages = [put("/up", place, {"captureTime": f"2025-06-01 10:13:{20 + place}"}) for place in range(len(FACES))]
    assert events(messages, FACES) == [True] * len(FACES)


@pytest.mark.parametrize(
    ("target", "told"), [("/goods/image", False), ("/product/cover", False), ("/gate/image", True)]
)
def test_pictures_of_goods_are_nobodys(target: str, *, told: bool) -> None:
    messages = [put(target, place) for place in range(3)]
    assert events(messages, ("possible",) * 3) == [told] * 3
    assert events(messages, ("yes",) * 3) == [True] * 3


def test_an_id_beside_a_picture_may_be_whose_account_it_is() -> None:
    messages = [put("/photo/post", place, {"userId": f"15390{place}"}) for place in range(6)]
    around = Around({f"{place:064x}": Picture("yes", 800, 600) for place in range(6)}, {}, telling=True)
    (first, *_) = [one for message in messages for one in infer(message, fields_of(messages), around)]
    assert first.kind == "face_capture"
    for place, one in enumerate(messages):
        one.say([*one.leaves, leaf("deviceId", "deviceId", "GATE-0007"), leaf("score", "score", f"0.9{place}")])
    (first, *_) = [one for message in messages for one in infer(message, fields_of(messages), around)]
    assert first.kind == "comparison"


@pytest.mark.parametrize(
    ("number", "more", "told"),
    [
        (f"559999{STEM}", {}, False),  # no province: an order's
        (f"559999{STEM}", {"name": "张三"}, True),
        (f"119999{STEM}", {}, True),
    ],
)
def test_a_lone_number_of_no_province_is_nobodys(number: str, more: dict[str, str], *, told: bool) -> None:
    said = {"idNumber": checked(number)} | more
    leaves = [leaf(key, key, value) for key, value in said.items()]
    route = Route("192.168.1.9", "47.96.1.2", reply=False, protocol="http", method="POST", target="/order/detail")
    one = RouteMessage("m", route, ("f", "up"), 1_748_744_000 * 10**9, 1, "c", complete=True, leaves=leaves)
    assert bool(infer(one, fields_of([one]), Around({}, {}, telling=True))) == told


def test_a_picture_in_a_letter_is_no_event_by_itself() -> None:
    letter = put("/mail", 0)
    letter.route = letter.route._replace(protocol="smtp")
    assert events([letter], ("yes",)) == [False]
    letter.say([*letter.leaves, leaf("deviceId", "deviceId", "GATE-0007")])
    assert events([letter], ("yes",)) == [True]


def registered(target: str, more: dict[str, str]) -> Inferred:
    """What is inferred of one record without a picture."""
    message = put(target, 0)
    message.say([leaf("path[1]", "", target.strip("/")), *(leaf(key, key, value) for key, value in more.items())])
    (one,) = infer(message, fields_of([message]), Around({}, {}, telling=True))
    return one


def test_the_time_of_a_visit_that_is_registered_is_not_that_of_the_event() -> None:
    person = {"name": "张三", "idCard": checked("11999919880312001"), "visitTime": "2025-06-03 10:00:00"}
    assert "time" not in registered("/visitor/register", person).values
    assert registered("/visitor/record", person | {"similarity": "91"}).values["time"] == "2025-06-03 10:00:00"


def test_both_limits_of_an_age_are_told() -> None:
    person = {"name": "张三", "idCard": checked("11999919880312001"), "ageMin": "30", "ageMax": "40"}
    assert registered("/record", person).values["age"] == "30-40"


def test_the_state_of_a_comparison_is_no_score() -> None:
    person = {"name": "张三", "idCard": checked("11999919880312001"), "MatchStatus": "1", "issueOffice": "某某分局"}
    assert not registered("/record", person).values.keys() & {"score", "place"}


@pytest.mark.parametrize(
    ("target", "kind"), [("/visit/forward", "face_capture"), ("/idcard/record", "id_verification")]
)
def test_a_number_told_with_a_visit_is_no_check_of_a_card(target: str, kind: str) -> None:
    person = {"name": "张三", "idCard": checked("11999919880312001"), "visitTime": "2025-06-01 10:00:00"}
    message = put(target, 0, person)
    (one,) = infer(message, fields_of([message]), Around({f"{0:064x}": Picture("yes", 400, 400)}, {}, telling=True))
    assert one.kind == kind
