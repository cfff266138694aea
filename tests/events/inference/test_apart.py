"""What a picture without a document is told by: records about it, never itself or another of its kind."""

from __future__ import annotations

from netaudit.events.inference.apart import announced
from netaudit.events.inference.inferred import Inferred
from netaudit.events.inference.messages import Route, RouteMessage


def _picture(path: str, url: str, *, name: str = "") -> Inferred:
    route = Route("192.168.1.2", "47.96.1.1", reply=False, protocol="http", method="PUT", target=path)
    message = RouteMessage(path, route, ("f", "up"), 1, 1, "c", complete=True)
    values = {"name": name} if name else {}
    return Inferred(message, "", path, values=values, images=[(path, "face")], urls=[url])


def test_a_picture_that_names_its_own_address_stays() -> None:
    one = _picture("/a.jpg", "/a.jpg")
    assert announced([one]) == [one]


def test_pictures_that_name_each_other_stay() -> None:
    some = [_picture("/a.jpg", "/b.jpg"), _picture("/b.jpg", "/a.jpg")]
    assert announced(some) == some


def test_a_record_has_the_picture_that_it_names() -> None:
    record, bare = _picture("/r", "/b.jpg", name="张三"), _picture("/b.jpg", "/c.jpg")
    assert announced([record, bare]) == [record]
    assert len(record.images) == 2


def test_a_record_has_the_picture_whose_digest_it_says() -> None:
    record, bare = _picture("/send", "", name="张三"), _picture("/send", "")
    record.images, record.urls, bare.urls = [], [], []
    record.ties = bare.ties = {"0ae6fcdea7ec432a220b3107bef96d30"}
    assert announced([bare, record]) == [record]
    assert record.images == [("/send", "face")]


def test_a_name_that_several_pictures_have_ties_none() -> None:
    record, one, other = _picture("/r", "", name="张三"), _picture("/a", ""), _picture("/b", "")
    for some in (record, one, other):
        some.urls, some.ties = [], {"snapshot"}
    assert announced([record, one, other]) == [record, one, other]
