"""Names that stand beside their values are keys, in whatever notation, and nothing of a document is lost by it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.naming import named
from netaudit.content.part import Leaf, Part
from netaudit.content.scalars import fields
from netaudit.content.tree import notation, values
from netaudit.core.contracts.document_values import children

NUMBER = "11010519491231002X"
WHO = {("姓名", "张三"), ("身份证号", NUMBER)}
HIS = {("name", "张三"), ("idcard", NUMBER)}
INITIALS = {("xm", "张三"), ("sfzh", NUMBER)}


def leaf_of(document: object, kind: str) -> Leaf:
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return Leaf(Part(text.encode(), content_type=""), kind)


def member(name: str, value: str) -> str:
    return f"<member><name>{name}</name><value><string>{value}</string></value></member>"


@pytest.mark.parametrize(
    ("document", "kind", "said"),
    [
        # a name and a value beside each other
        ([{"name": "姓名", "value": "张三"}, {"name": "身份证号", "value": NUMBER}], "json", WHO),
        ({"attrs": [{"attrName": "xm", "attrValue": "张三"}, {"attrName": "sfzh", "attrValue": NUMBER}]}, "json", INITIALS),
        ({"a": {"key": "name", "value": "张三"}, "b": {"key": "idcard", "value": NUMBER}}, "json", HIS),
        ({"one": [{"label": "姓名", "value": "张三"}], "idcard": NUMBER}, "json", set()),
        (f"<struct>{member('name', '张三')}{member('idcard', NUMBER)}</struct>", "xml", HIS),
        (  # of names that nobody knows the others say that they are names
            f"<struct>{member('name', '张三')}{member('zzq', 'x1')}{member('idcard', NUMBER)}</struct>",
            "xml",
            HIS,
        ),
        (f'<r><f name="xm">张三</f><f name="sfzh" value="{NUMBER}"/></r>', "xml", INITIALS),
        (f'<doc><str name="姓名">张三</str><arr name="身份证号"><str>{NUMBER}</str></arr></doc>', "xml", WHO),
        # kinds of values
        ({"name": {"S": "张三"}, "idcard": {"S": NUMBER}}, "json", HIS),
        ({"xm": {"stringValue": "张三"}, "sfzh": {"stringValue": NUMBER}}, "json", INITIALS),
        ({"姓名": {"zh-CN": "张三"}, "身份证号": {"$numberLong": NUMBER}}, "json", WHO),
        # by turns
        (f"<dict><key>name</key><string>张三</string><key>idcard</key><string>{NUMBER}</string></dict>", "xml", HIS),
        (f"<dl><dt>姓名：</dt><dd>张三</dd><dt>身份证号：</dt><dd>{NUMBER}</dd></dl>", "xml", WHO),
        (f"<tr><th>姓名</th><td>张三</td><th>身份证号</th><td>{NUMBER}</td></tr>", "xml", WHO),
        (["XADD", "s", "*", "xm", "张三", "sfzh", NUMBER], "json", INITIALS),
        (["name=张三", f"idcard={NUMBER}"], "json", HIS),
        # tables
        ([["姓名", "身份证号"], ["张三", NUMBER]], "json", WHO),
        ({"columns": ["xm", "sfzh"], "rows": [["张三", NUMBER]]}, "json", INITIALS),
        ({"meta": {"columns": [{"name": "name"}, {"name": "idcard"}]}, "data": [["张三", NUMBER]]}, "json", HIS),
        ({"name": ["张三", "李四"], "idcard": [NUMBER, "x"]}, "json", HIS | {("name", "李四"), ("idcard", "x")}),
        (f"<t><tr><th>姓名</th><th>身份证号</th></tr><tr><td>张三</td><td><b>{NUMBER}</b></td></tr></t>", "xml", WHO),
        # labels apart
        ({"cs1Label": "name", "cs1": "张三", "cs2Label": "idcard", "cs2": NUMBER}, "json", HIS),
        ("key_1=xm&value_1=%E5%BC%A0%E4%B8%89&key_2=sfzh&value_2=" + NUMBER, "form", INITIALS),
        (
            {"columns": [{"title": "姓名", "dataIndex": "c1"}, {"title": "身份证号", "dataIndex": "c2"}],
             "list": [{"c1": "张三", "c2": NUMBER}]},
            "json", WHO,
        ),
        (f"p%5B0%5D%5Bname%5D=%E5%BC%A0%E4%B8%89&p%5B0%5D%5Bidcard%5D={NUMBER}", "form", HIS),
    ],
)  # fmt: skip
def test_names_beside_values_are_keys(document: object, kind: str, said: set[tuple[str, str]]) -> None:
    found = [(one.key, one.value) for one in fields(leaf_of(document, kind))]
    assert said <= set(found)
    assert (
        len(
            {
                one.path.rpartition(".")[0].rpartition("/")[0]
                for one in fields(leaf_of(document, kind))
                if (one.key, one.value) in said
            }
        )
        <= 2
    )


@pytest.mark.parametrize(
    "document",
    [
        [{"name": "张三", "value": "1"}, {"name": "李四", "value": "2"}],
        {"name": "张三", "value": "1"},
        ["张三", "李四", "王五", "赵六"],
        [["张三", NUMBER], ["李四", "x"]],
        {"columns": ["张三", "李四"], "rows": [["a", "b"]]},
        {"personIds": [1, 2, 3], "other": [4, 5, 6]},
        ["name", "idcard", "time", "place"],
    ],
)
def test_what_may_be_a_person_names_nothing(document: object) -> None:
    assert named(document, "json") is document


PLACED = [
    ({"attrs": [{"name": "photo", "value": "x" * 80}, {"name": "time", "value": "1"}]}, "json", "$.attrs[0].value"),
    ({"photo": {"B": "x" * 80}, "time": {"N": "1"}}, "json", "$.photo.B"),
    ({"columns": ["photo", "time"], "rows": [["x" * 80, "1"]]}, "json", "$.rows[0][0]"),
    (f"<dict><key>time</key><date>1</date><key>photo</key><data>{'x' * 80}</data></dict>", "xml", "/dict/data"),
    (f"<s>{member('time', '1')}{member('photo', 'x' * 80)}</s>", "xml", "/s/member[2]/value/string"),
]


@pytest.mark.parametrize(("document", "kind", "place"), PLACED)
def test_values_stay_where_unwrapping_finds_them(document: object, kind: str, place: str) -> None:
    leaf = leaf_of(document, kind)
    stack: list[tuple[object, str]] = [(values(leaf)[0], "" if kind == "xml" else "$")]
    found = {}
    while stack:
        node, at = stack.pop()
        if isinstance(node, dict | list):
            stack += [(inner, where) for _, inner, where in children(node, at, notation(leaf))]
        else:
            found[node] = at
    assert found["x" * 80] == place


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from(["name", "姓名", "idcard", "time"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["name", "value", "key", "S", "rows", "columns", "c1", "title", "data", "a1"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def leaves(node: object) -> list[str]:
    if isinstance(node, dict):
        return [*map(str, node), *(one for value in node.values() for one in leaves(value))]
    if isinstance(node, list):
        return [one for value in node for one in leaves(value)]
    return [str(node)]


@given(TREES)
def test_nothing_is_lost(document: object) -> None:
    """Every value is there, as a value or as a key."""
    told = set(leaves(named(document, "json")))
    given_values = {
        one for one in leaves(document) if one not in {"name", "value", "key", "S", "rows", "columns", "title", "data"}
    }
    labels = {one.strip().strip("*/:： ") for one in told} | told
    assert {one for one in given_values if one.strip().strip("*/:： ") or one} - labels <= told | {""}


def test_entries_of_maps_in_protocol_buffers_are_keys_and_aliased_metrics_stay() -> None:
    entries = [{"1": "fullName", "2": {"3": "张三"}}, {"1": "deviceSerial", "2": {"3": "A-1"}}]
    assert named({"1": entries}, "protobuf") == {"1": {"fullName": "张三", "deviceSerial": "A-1"}}
    metrics = [{"1": "fullName", "2": 5, "15": "x"}, {"1": "deviceSerial", "2": 6, "15": "y"}]
    assert named({"1": metrics}, "protobuf") == {"1": metrics}
