"""The set that ships is sound, every example holds, and hostile sets and facts cost nothing but a message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from netaudit.cli.app import app
from netaudit.core.signatures.checking import check_entry, example_facts, failed_examples
from netaudit.core.signatures.conditions import Fact, compile_condition
from netaudit.core.signatures.loading import KINDS, default_folder, load, read
from netaudit.core.signatures.signature import DECIDING
from netaudit.devices.endpoints.from_tables import Services
from netaudit.devices.inventory.judging import judge
from netaudit.devices.inventory.matching import Matcher
from netaudit.errors import SignatureError
from netaudit.events.rules.loading import load as load_documents
from netaudit.evidence.rule_drafting.answers import wrong_answers
from tests.processor_time import within

SET = load()
GOOD = {
    "id": "x", "about": "x", "when": {"fact": "dhcp.hostname", "equals": "a"}, "claims": {"class": "pc"}, "strength": "weak",
    "provenance": {"kind": "code", "source": "facts 1"},
    "examples": {"match": [{"facts": {"dhcp.hostname": "A"}}], "no_match": [{"facts": {"dhcp.hostname": "b"}}]},
}  # fmt: skip


def facts(**values: str | list[str]) -> dict[str, list[Fact]]:
    names = {name.replace("__", "."): value for name, value in values.items()}
    return {
        name: [Fact(name, text) for text in ([value] if isinstance(value, str) else value)]
        for name, value in names.items()
    }


def test_every_example_of_the_set_holds() -> None:
    assert read(default_folder()).problems == ()
    assert failed_examples(SET) == []
    assert len(SET.devices) > 90


def test_every_signature_matches_nothing_of_an_empty_host() -> None:
    assert [s.id for s in (*SET.devices, *SET.services) if s.condition.holds({}) is not None] == []
    assert [s.id for s in SET.devices if not s.condition.fields()] == []


def test_an_address_block_alone_claims_no_class() -> None:
    vendors = [
        *sorted(SET.vocabulary.vendors),
        "Hangzhou Hikvision Digital Technology Co.,Ltd.",
        "TP-LINK TECHNOLOGIES CO.,LTD.",
    ]
    claimed = [s for s in SET.devices if s.condition.holds(facts(oui__vendor=vendors)) is not None]
    assert claimed
    assert all(set(s.claims) == {"vendor"} and s.strength == "weak" for s in claimed)


def test_classes_of_faces_rest_on_documents_code_or_captures() -> None:
    grave = {"face_capture_camera", "face_server", "id_terminal", "access_terminal", "ip_camera"}
    for signature in SET.devices:
        if signature.claims.get("class") in grave and signature.strength == "declared":
            assert signature.provenance in DECIDING or not signature.decides


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ({"equals": "MSFT 5.0"}, "msft 5.0", True),
        ({"prefix": "hik"}, "HIK-1", True),
        ({"suffix": [".a", ".b"]}, "x.b", True),
        ({"contains": "cam"}, "ipCAMera", True),
        ({"contains": "cam"}, "comma", False),
        ({"domain": "ys7.com"}, "open.YS7.com.", True),
        ({"domain": "ys7.com"}, "ys7.com", True),
        ({"domain": "ys7.com"}, "notys7.com", False),
        ({"in": ["a", "b"]}, "B", True),
        ({"in": ["a", "b"]}, "ab", False),
        ({"regex": "^a+$"}, "aaa", True),
        ({"least": 5}, "5", True),
        ({"least": 5}, "4.9", False),
        ({"most": 5}, "five", False),
        ({"exists": True}, "", True),
    ],
)
def test_operators(condition: dict, value: str, holds: bool) -> None:
    compiled = compile_condition({"fact": "dhcp.hostname", **condition})
    assert (compiled.holds(facts(dhcp__hostname=value)) is not None) == holds


def test_all_any_not_and_what_they_extract() -> None:
    condition = compile_condition(
        {"all": [
            {"fact": "dhcp.hostname", "regex": "^(?P<model>DS-\\w+)"},
            {"any": [{"fact": "oui.vendor", "contains": "hik"}, {"fact": "lldp.port", "exists": True}]},
            {"not": {"fact": "dhcp.vendor_class", "equals": "MSFT 5.0"}},
        ]}
    )  # fmt: skip
    hit = condition.holds(facts(dhcp__hostname=["x", "DS-1"], oui__vendor="Hikvision"))
    assert hit is not None
    assert hit.extracted == {"model": "DS-1"}
    assert [fact.value for fact in hit.facts] == ["DS-1", "Hikvision"]
    assert condition.holds(facts(dhcp__hostname="DS-1")) is None
    assert condition.holds(facts(dhcp__hostname="DS-1", oui__vendor="hik", dhcp__vendor_class="MSFT 5.0")) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"when": {"fact": "dhcp.hostnam", "equals": "a"}}, "not in vocabulary/fields.txt"),
        ({"when": {"fact": "dhcp.hostname", "regex": "(a"}}, "pattern"),
        ({"when": {"fact": "dhcp.hostname", "regex": "(?P<owner>a)"}}, "extracts unknown"),
        ({"when": {"fact": "dhcp.hostname", "equals": "a", "prefix": "b"}}, "needs the fact and one of"),
        ({"when": {"all": []}}, "need a list"),
        ({"when": []}, "must be a mapping"),
        ({"claims": {"class": "spaceship"}}, "not in the vocabulary"),
        ({"claims": {"vendor": "Nobody"}}, "vendors.txt"),
        ({"claims": {}}, "claims nothing"),
        ({"strength": "certain"}, "none of declared"),
        ({"provenance": {"kind": "code"}}, "provenance needs"),
        ({"examples": {"match": []}}, "needs examples"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_unsound_entries_are_named(change: dict, problem: str) -> None:
    assert any(problem in text for text in check_entry(GOOD | change, "devices", SET.vocabulary))


def test_deep_nesting_is_refused() -> None:
    node: dict = {"fact": "dhcp.hostname", "equals": "a"}
    for _ in range(500):
        node = {"not": node}
    assert check_entry(GOOD | {"when": node}, "devices", SET.vocabulary)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*GOOD, "all", "any", "not", "fact", "regex"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(json_like, st.dictionaries(st.sampled_from(list(GOOD)), json_like))
def test_any_document_is_sound_or_named(entry: object, change: dict) -> None:
    check_entry(entry, "devices", SET.vocabulary)
    check_entry(GOOD | change, "devices", SET.vocabulary)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(SET.vocabulary.fields)), st.lists(st.text(max_size=600), max_size=3), max_size=8
    )
)
def test_any_facts_can_be_judged(values: dict[str, list[str]]) -> None:
    given_facts = {name: [Fact(name, text) for text in texts] for name, texts in values.items()}
    for signature in SET.devices:
        signature.condition.holds(given_facts)


def test_megabyte_values_cost_linear_time() -> None:
    values = {name: [Fact(name, "a" * 1_000_000)] for name in SET.vocabulary.fields}
    with within(10):
        for signature in (*SET.devices, *SET.services):
            signature.condition.holds(values)


def test_every_file_fits_the_schema() -> None:
    schema = json.loads((default_folder() / "schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted(path for kind in KINDS for path in (default_folder() / kind).glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert [f"{path.name}: {error.message}" for error in validator.iter_errors(entries)] == []
    assert not validator.is_valid([GOOD | {"strength": "sure"}])


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(default_folder(), tmp_path / "set"))


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = read(folder).sha256
    assert before == SET.sha256
    (folder / "devices" / "mine.yaml").write_text(yaml.safe_dump([GOOD]), encoding="utf-8")

    assert read(folder).sha256 != before
    assert "x" in load(folder).by_id


def test_the_command_tells_what_is_wrong(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    wrong = GOOD | {
        "examples": {"match": [{"facts": {"dhcp.hostname": "b"}}], "no_match": [{"facts": {"dhcp.hostname": "a"}}]}
    }
    (folder / "devices" / "mine.yaml").write_text(yaml.safe_dump([wrong, {"id": "y"}]), encoding="utf-8")
    result = CliRunner().invoke(app, ["rules", "check", str(folder)])
    assert result.exit_code == 2
    assert "mine.yaml: x: does not match" in result.output
    assert "mine.yaml: x: matches" in result.output
    assert "mine.yaml: y: lacks about" in result.output
    with pytest.raises(SignatureError, match="mine"):
        load(folder)


def test_the_command_accepts_and_lists_the_set() -> None:
    checked = CliRunner().invoke(app, ["rules", "check"])
    listed = CliRunner().invoke(app, ["rules", "list"])
    assert (checked.exit_code, listed.exit_code) == (0, 0)
    assert "problems: 0" in checked.output
    assert len(listed.output.splitlines()) == len(SET.devices) + len(SET.services) + len(load_documents().entries)


def test_a_folder_without_signatures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="holds no signatures"):
        read(tmp_path)


NAMED = """
Wangxiaobao Hikvision EZVIZ Dahua Imou Uniview Tiandy TP-Link Huawei Xiongmai Kedacom TVT Jovision Sunell Infinova ZKTeco
Uface Megvii SenseTime Yitu CloudWalk Intellifusion Ulucu ovopark H3C Ruijie ZTE MikroTik Synology QNAP Xiaomi Apple
"""  # vendors of this world, with the two white-label families and those of offices beside them


def test_more_than_forty_vendors_are_named_on_grounds_that_carry() -> None:
    carried = {s.claims["vendor"] for s in SET.devices if s.decides and "vendor" in s.claims}
    carried |= {s.claims["holder"] for s in SET.services if s.decides and "holder" in s.claims}
    assert {*NAMED.split(), "facesluice family", "HTTPv2 family", "Mingyuan"} <= carried
    assert len(carried & SET.vocabulary.vendors) >= 60
    assert {s.claims["vendor"] for s in SET.devices if "vendor" in s.claims} <= SET.vocabulary.vendors


def test_what_is_recalled_or_heard_never_decides_alone() -> None:
    """Whatever a device shows of the examples of such signatures: nothing is claimed on their word."""
    thin = [s for s in SET.devices if s.provenance in {"hearsay", "recalled"}]
    assert len(thin) >= 4
    for signature in thin:
        for example in signature.examples:
            matches = [m for m in Matcher(thin).matches(example_facts(example)) if m.signature.id == signature.id]
            assert matches, signature.id
            for name in ("vendor", "class", "product", "model", "serial", "firmware"):
                assert judge(matches, name).value == "", signature.id
    for service in SET.services:
        if not service.decides:
            found = Services([service]).name(example_facts(service.examples[0]))
            assert found == ("", ""), service.id


def test_the_set_as_a_whole_answers_every_example_as_its_signature_does() -> None:
    assert wrong_answers(SET) == []


def test_a_greedy_signature_is_noticed_by_what_it_does_to_the_others(tmp_path: Path) -> None:
    greedy = GOOD | {
        "id": "greedy", "when": {"fact": "http_server.server", "exists": True}, "claims": {"vendor": "Apple"}, "strength": "declared",
        "examples": {"match": [{"facts": {"http_server.server": "x"}}], "no_match": [{"facts": {"dhcp.hostname": "b"}}]},
    }  # fmt: skip
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "mine.yaml").write_text(yaml.safe_dump([greedy]), encoding="utf-8")
    problems = wrong_answers(load(tmp_path))
    assert any("hikvision-http-server: the set says vendor Apple, not Hikvision" in problem for problem in problems)


def test_an_added_folder_adds_signatures_and_words_and_takes_no_id(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "vendors.txt").write_text("Acme  # of this site\n", encoding="utf-8")
    (tmp_path / "vocabulary" / "classes.txt").write_text("turnstile < access_terminal\n", encoding="utf-8")
    mine = GOOD | {"claims": {"vendor": "Acme", "class": "turnstile"}}
    file = tmp_path / "devices" / "mine.yaml"
    file.write_text(yaml.safe_dump([mine]), encoding="utf-8")
    both = load(tmp_path)
    assert (both.by_id["x"].origin, both.by_id["hikvision-sadp"].origin) == ("added", "netaudit")
    assert both.vocabulary.ancestors("turnstile") == ["access_terminal"]
    assert (both.sha256, len(both.devices)) == (SET.sha256, len(SET.devices) + 1)
    file.write_text(yaml.safe_dump([mine | {"id": "hikvision-sadp"}]), encoding="utf-8")
    with pytest.raises(SignatureError, match="this id is taken by netaudit's own set"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("classes.txt", "a < b\nb < a\n", "is wider than itself"),
        ("classes.txt", "a < nothing\n", "unknown wider class nothing"),
        ("classes.txt", "A Class\n", "no word of the form"),
        ("vendors.txt", "Acme\nAcme\n", "stands there 2 times"),
        ("vendors.txt", "Ac\u202eme\n", "do not print"),
        ("fields.txt", "hostname\n", "no word of the form"),
    ],
)
def test_vocabulary_files_are_checked(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / name).write_text(text, encoding="utf-8")
    assert any(problem in found for found in read(tmp_path).problems)


def test_every_vendor_and_class_of_the_vocabulary_is_claimed_by_somebody() -> None:
    vendors = {s.claims.get("vendor") for s in SET.devices} | {s.claims.get("holder") for s in SET.services}
    assert SET.vocabulary.vendors - vendors == set()
    classes = {s.claims.get("class") for s in SET.devices}
    wider = {above for name in classes if name for above in SET.vocabulary.ancestors(name)}
    assert set(SET.vocabulary.classes) - classes - wider == set()


@pytest.mark.parametrize(
    "change",
    [
        {"when": {"all": []}}, {"when": []}, {"when": {"fact": "dhcp.hostname", "equals": "a", "prefix": "b"}}, {"strength": "certain"},
        {"when": {"fact": "dhcp.hostname"}}, {"when": {"fact": "dhcp.hostname", "exists": False}}, {"when": {"fact": "dhcp.hostname", "least": "5"}},
        {"when": {"fact": "dhcp.hostname", "prefix": {"a": "b"}}}, {"when": {"fact": "dhcp.hostname", "in": []}}, {"id": "Bad Id"}, {"colour": "red"},
        {"provenance": {"kind": "code"}}, {"provenance": {"kind": "rumour", "source": "x"}}, {"examples": {"match": []}}, {"claims": {"owner": "x"}},
    ],
)  # fmt: skip
def test_the_schema_for_editors_refuses_what_the_checks_refuse(change: dict) -> None:
    validator = jsonschema.Draft202012Validator(
        json.loads((default_folder() / "schema.json").read_text(encoding="utf-8"))
    )
    assert validator.is_valid([GOOD])
    assert not validator.is_valid([GOOD | change])
    assert check_entry(GOOD | change, "devices", SET.vocabulary)
