"""Both languages are complete and agree in their placeholders."""

import ast
import re
import string
from pathlib import Path

import pytest

import netaudit.report
from netaudit.capture import formats
from netaudit.core.schema import FLOWS, MESSAGES
from netaudit.devices.endpoints import vantage
from netaudit.devices.inventory.from_observations import ROLES
from netaudit.devices.inventory.judging import ORDER
from netaudit.findings import bearing
from netaudit.findings.personal import Calling
from netaudit.findings.roles import Actors, Behaviour, role
from netaudit.packets.layouts import Skip
from netaudit.report.texts import LANGS, Texts, catalogue

FOLDER = Path(netaudit.report.__file__).parent
GROUPS = { "matrix_seen", "finding_counted", "zone_name",
    "looks",
    "keys_state",
    "counted",
    "record",
    "moment_source",
    "moment_visibility",
    "side",
    "reason",
    "certainty",
    "act",
    "review_status",
    "role",
    "shape",
    "finding_rule",
    "direction",
    "earlier",
    "note",
    "burst",
    "scope",
    "face",
    "clock",
    "method",
    "limit",
    "people",
    "person",
    "fact",
    "skip",
    "country",
    "class",
    "standing",
    "product_name",
    "service_name",
    "rule",
    "fact_kind",
    "fact_field",
    "fact_value",
    "provenance",
    "claim",
    "chain",
    "confidence",
    "event_kind",
    "layout",
    "asks",
    "tie",
    "tie_standing", "look",
    "what", "vendor", "gender", "risk", "format", "status", "checking", "checking_what", "measured", "mode", "damage", "limit_where",
}  # fmt: skip
SAID = ("device_product", "device_model", "device_serial", "device_firmware")  # columns of devices


def placeholders(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_every_text_has_both_languages_with_the_same_placeholders():
    for key, words in catalogue().items():
        assert set(words) == set(LANGS), key
        assert all(words.values()), key
        assert placeholders(words["zh"]) == placeholders(words["en"]), key


def test_chinese_texts_are_chinese_with_chinese_punctuation():
    for key, words in catalogue().items():
        if key in {
            "zone_utc",
            "reasons_join",
            "list_join",
            "role_line",
            "device_graded",
            "device_claim",
            "device_join",
            "burst.1",
            "burst.2",
            "burst.3",
            "as_said",
            "quoted",
            "party_about",
            "party_comma",
            "party_device",
            "party_place",
            "head_when",
            "lead_comma",
            "lead_also",
            "lead_once",
            "reason.input_unread",
        } or key.startswith(("fact_kind.", "format.", "checking.")):  # names of protocols, formats; commands
            continue
        assert re.search("[\u4e00-\u9fff]", words["zh"]), key
        assert not re.search("[\u4e00-\u9fff][,;:?!]", words["zh"]), key


def test_every_text_that_is_used_exists():
    used = set()
    for path in [*FOLDER.rglob("*.j2"), *FOLDER.glob("*.py")]:
        used |= set(re.findall(r"""\bt\(\s*"(\w+)["],?""", path.read_text(encoding="utf-8")))
    used -= {"sec_", "finding_", "payload_"}
    assert len(used) > 80
    assert used <= set(catalogue())


def test_no_text_is_left_unused():
    source = "".join(path.read_text(encoding="utf-8") for path in [*FOLDER.rglob("*.j2"), *FOLDER.glob("*.py")])
    for key in catalogue():
        if "." in key or key.startswith(("sec_", "payload_", "finding_sender", "finding_receiver", "lead_", *SAID)):
            continue
        assert re.search(rf"""["']{key}["']""", source), key


def test_groups_are_the_known_ones():
    assert {key.partition(".")[0] for key in catalogue() if "." in key} == GROUPS


def test_every_class_and_confidence_of_a_device_has_a_word():
    file = Path(__file__).parents[2] / "signatures" / "vocabulary" / "classes.txt"
    words = file.read_text(encoding="utf-8")
    classes = {line.partition("<")[0].strip() for line in words.splitlines() if line and not line.startswith("#")}
    t = Texts("zh")
    assert len(classes) > 20
    assert classes == set(t.group("class"))
    assert set(ORDER) <= set(t.group("confidence"))
    assert all(t.known("role", role) for role in ROLES.values())


def test_every_skip_reason_has_a_word():
    t = Texts("zh")
    for reason in Skip:
        if reason is not Skip.DECODED:
            assert t.known("skip", reason.name.lower()), reason


PHONES = {("1.1.1.1", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")}


@pytest.mark.parametrize(
    ("seen", "calling"),
    [
        (None, None),
        (Behaviour(), None),
        (None, Calling(answered=PHONES)),
        (None, Calling(answered=PHONES, at_random=True)),
        (None, Calling(answered={*PHONES, ("2.2.2.2", "CFNetwork/1")}, maker="Apple")),
        (None, Calling(leases={"dhcp.hostname=Mate-60"}, granted=True, announced={"mdns.hostname=my-iPhone"})),
        (None, Calling(agents={"Mozilla/5.0 (Windows NT 10.0; Win64)"})),
        (Behaviour(received={1, 2}), None),
        (Behaviour(received={1, 2}, sent={1}), None),
        (Behaviour(device_paths={"/VIID/"}, sent={1}), None),
        (Behaviour(sent={1, 2, 3, 4}), None),
        (Behaviour(device_paths={"/VIID/"}), Calling(answered=PHONES)),
        (Behaviour(received={1}), Calling(answered=PHONES)),
        *((None, Calling(answered=PHONES, against={why: said})) for why, said in {
            "maker": {"name": "Hikvision"}, "class": {"class": "nvr", "name": "x"}, "persons": {}, "life": {"shape": "ttl=128"},
            "serves": {"what": "rtsp_server H264"},
        }.items()),
    ],
)  # fmt: skip
def test_every_reason_for_a_role_has_a_chinese_sentence(seen, calling):
    kind, reason = role(seen, calling=calling)
    t = Texts("zh")
    assert t.known("role", kind)
    said = t.phrase(reason, str)
    assert re.search("[\u4e00-\u9fff]", said), reason
    assert not re.search("contested|^its |: its ", said), reason


@pytest.mark.parametrize("code", bearing.REASONS)
def test_every_doubt_has_a_chinese_sentence(code):
    assert re.search("[\u4e00-\u9fff]", Texts("zh").phrase(*bearing.said({code: 3}), str))


def test_so_has_the_reason_for_an_address_of_many_hosts():
    flows, messages = FLOWS.schema().empty_table(), MESSAGES.schema().empty_table()
    _, reason = Actors([], {"messages": messages, "flows": flows}, frozenset({"100.64.0.1"})).role("100.64.0.1", "f")
    assert re.search("[\u4e00-\u9fff]", Texts("zh").phrase(reason, str)), reason


def test_every_reason_for_a_vantage_has_a_sentence():
    codes = set(re.findall(r'Reason\(\s*"(\w+)"', Path(vantage.__file__).read_text(encoding="utf-8")))
    assert len(codes) > 5
    assert codes <= set(Texts("zh").group("reason"))


def test_every_damage_of_a_capture_has_a_word():
    codes = {
        ast.literal_eval(node.args[1])
        for path in sorted((FOLDER.parent / "capture").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_losses.begin")
    }
    assert codes == set(Texts("zh").group("damage"))


def test_everything_that_a_file_may_look_like_has_a_word():
    looks = {what for _, _, what in (*formats.HOLDERS, *formats.LOOKALIKES)} | {"text", "office"}
    assert looks == set(Texts("zh").group("looks"))
