"""Keys that another message explains: keys named at login, columns by numbers."""

from __future__ import annotations

from netaudit.events.inference.dictionaries import explained
from netaudit.events.inference.messages import Route, RouteMessage, leaf
from tests.spoken import number


def message(said: dict[str, str], receiver: str = "47.96.1.2") -> RouteMessage:
    route = Route("192.168.1.9", receiver, reply=False, protocol="tcp", method="frame", target="")
    leaves = [leaf(key, key, value) for key, value in said.items()]
    return RouteMessage("m", route, ("f", "up"), 0, 1, "c", complete=True, leaves=leaves)


def called(*messages: RouteMessage) -> list[list[str]]:
    explained(list(messages))
    return [[one.key for one in each.leaves] for each in messages]


def test_a_dictionary_names_the_keys_of_the_others() -> None:
    told = message({"1": "姓名", "2": "身份证号", "3": "抓拍时间"})
    assert called(told, message({"1": "x", "2": "y", "9": "z"})) == [["1", "2", "3"], ["姓名", "身份证号", "9"]]


def test_of_other_addresses_or_in_two_ways_it_names_none() -> None:
    told = message({"1": "姓名", "2": "身份证号", "3": "抓拍时间"})
    other = message({"1": "地点", "2": "身份证号", "3": "相似度"})
    assert called(told, message({"1": "x", "2": "y"}, "47.96.1.3"))[1] == ["1", "2"]
    assert called(told, other, message({"1": "x", "2": "y"}))[2] == ["1", "身份证号"]


def test_a_record_is_no_dictionary() -> None:
    records = [message({"name": "张三", "title": "姓名", "gate": "A-1", "sex": "男"}) for _ in range(2)]
    assert called(*records) == [["name", "title", "gate", "sex"]] * 2


METRICS = ["Device/Serial", "Device/Location", "Pass/PersonName", "Pass/IdCardNo", "Pass/Similarity"]


def metrics(elements: list[dict[str, str]]) -> RouteMessage:
    """A list of metrics as protocol buffers without names: 1 name, 2 alias, 3 time, 4 type, then the value."""
    made = message({})
    made.leaves = [leaf(f"2[{at}].{key}", key, value) for at, one in enumerate(elements) for key, value in one.items()]
    return made


def said_of(one: RouteMessage) -> dict[str, str]:
    return {each.key: each.value for each in one.leaves}


def birth(names: list[str]) -> RouteMessage:
    values = {"Device/Serial": "EX-2026-77", "Device/Location": "一号大厅东门", "Pass/PersonName": "昨天"}
    return metrics(
        [
            {"1": name, "2": str(20 + at), "3": "1748744000123", "4": "12"}
            | ({"15": values[name]} if name in values else {"7": "1"})
            for at, name in enumerate(names)
        ]
    )


def test_aliases_are_called_as_at_birth_which_says_where_the_device_is() -> None:
    stamp = {"3": "1748744009123", "4": "12"}
    data = metrics(
        [{"2": "22", **stamp, "15": "张三"}, {"2": "23", **stamp, "15": number(1)}, {"2": "24", **stamp, "7": "1"}]
    )
    explained([birth(METRICS), data])
    assert said_of(data) == {
        "PersonName": "张三", "IdCardNo": number(1), "Serial": "EX-2026-77", "Location": "一号大厅东门",
    }  # fmt: skip


def test_an_alias_that_was_given_twice_is_nobodys() -> None:
    stamp = {"3": "1748744009123", "4": "12"}
    data = metrics([{"2": "22", **stamp, "15": "张三"}, {"2": "23", **stamp, "15": "x"}])
    explained([birth(METRICS), birth([*METRICS[:2], "Pass/IdCardNo", *METRICS[3:]]), data])
    assert "PersonName" not in said_of(data)
    assert "张三" in {each.value for each in data.leaves}


def coded(*elements: dict[str, str]) -> list[str]:
    said = {f"2[{at}].{key}": value for at, one in enumerate(elements) for key, value in one.items()}
    route = Route("192.168.1.9", "47.96.1.2", reply=False, protocol="mqtt", method="PUBLISH", target="")
    leaves = [leaf(path, path.rpartition(".")[2], value) for path, value in said.items()]
    one = RouteMessage("m", route, ("f", "up"), 0, 1, "c", complete=True, leaves=leaves)
    explained([one])
    return [each.path for each in one.leaves]


def test_elements_with_codes_that_nobody_explains_are_fields_of_their_own() -> None:
    paths = coded({"2": "22", "15": "张三"}, {"2": "23", "13": "0.9"}, {"2": "24", "11": "1"})
    assert paths == ["2.22.2", "2.22.15", "2.23.2", "2.23.13", "2.24.2", "2.24.11"]


def test_elements_that_are_alike_are_records() -> None:
    assert coded(*({"1": str(at), "2": "x"} for at in range(4)))[0] == "2[0].1"
