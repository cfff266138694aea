"""An answer that refuses says so though its status does not; ordinary answers say nothing."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.core.contracts.answers import IN_FIELD, LOGIN, REFUSED
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.tables import answers
from netaudit.tables.answers import note_refusal

ASKED = Message("http", UP, 0, 9, method="POST", path="/snap")


def noted(status: int, body: bytes = b"", location: str = "") -> list[str]:
    headers = [("location", location)] if location else []
    answer = Message("http", DOWN, 0, 9, status=status, body=body, headers=headers, request=ASKED)
    note_refusal(answer)
    return answer.notes


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":40301,"success":false,"msg":"token"}',
        b'{"errno": "403"}',
        b'{"Success" : "false"}',
        b'{"status":"failed"}',
        b'{"result":"denied","id":1}',
        b'{"error_code":50001}',
        b'{"error_code":17,"error_msg":"Open api daily request limit reached"}',
        b'{"errors":true,"items":[{"index":{"status":429,"error":{"type":"x"}}}]}',
        b'{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"x"},"RequestId":"1"}}',
        b'{"result":"\\u5931\\u8d25"}',
        '{"result":"失败","reason":"人脸库已满，未入库"}'.encode(),
        b'{"jsonrpc":"2.0","error":{"code":-1,"message":"x"},"id":1}',
        b'{"code":1,"success":false}',
        b'{"is_success":0}',
        b'{"statusCode":6,"statusString":"Invalid Content","subStatusCode":"badParameters"}',
        b'{"ResponseStatusObject":{"RequestURL":"/VIID/Faces","StatusCode":"4","StatusString":"Invalid Operation"}}',
        b'{"ResponseStatusListObject":{"ResponseStatusObject":[{"StatusCode":3,"StatusString":"Device Error"}]}}',
        b'<?xml version="1.0"?><ResponseStatus version="2.0" xmlns="x"><requestURL>/a</requestURL><statusCode>2</statusCode></ResponseStatus>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
        b'<ErrorResponse xmlns="x"><Error/></ErrorResponse>',
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code/></s:Fault></s:Body></s:Envelope>',
        b'<SOAP-ENV:Envelope xmlns:SOAP-ENV="x">\n <SOAP-ENV:Header/>\n <SOAP-ENV:Body>\n  <SOAP-ENV:Fault>no</SOAP-ENV:Fault>',
    ],
)
def test_a_body_that_refuses(body: bytes) -> None:
    assert noted(200, body) == [REFUSED]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"error_code":0,"error_msg":"SUCCESS"}',
        b'{"errorCode":1,"msg":"ok"}',
        b'{"data":{"id":1},"error":{"code":"ok","message":""}}',
        b'{"error":{"code":0,"message":"success"},"data":{}}',
        b'{"errors":true,"items":[{"index":{"status":429}},{"index":{"status":201}}]}',
        b'{"errors":false,"items":[]}',
        b'{"error":null,"result":"1"}',
        b'{"data":{"code":500}}',
        b'{"code":0,"success":true}',
        b'{"statusCode":1,"statusString":"OK","subStatusCode":"ok"}',
        b'{"statusCode":7,"statusString":"Reboot Required"}',
        b'{"ResponseStatusListObject":{"ResponseStatusObject":[{"StatusCode":"0","StatusString":"OK"},{"StatusCode":"4","StatusString":"x"}]}}',
        b"<ResponseStatus><statusCode>1</statusCode><statusString>OK</statusString></ResponseStatus>",
        b"<List><ResponseStatus><statusCode>6</statusCode></ResponseStatus></List>",
        b'{"code":200,"msg":"ok"}',
        b'{"code":4}',
        b'{"postcode":44000}',
        b'{"msg":"success: false"}',
        b'{"zipcode":"40301"}',
        b'{"status":"ok","result":"taken"}',
        b'{"code":200,"data":{"list":[{"result":"fail"},{"result":"ok"}]}}',
        b'{"code":0,"success":0.97}',
        b'{"success":0.97}',
        b'{"code":200,"data":{"ok":0}}',
        b'{"code":0,"data":{"code":50001}}',
        b'{"data":{"success":false}}',
        b'{"success":true,"status":"error"}',
        b'[{"success":false}]',
        b"<Errors>0</Errors>",
        b"<Answer><Error/></Answer>",
        b"<s:Envelope><s:Body><Taken><Fault/></Taken></s:Body></s:Envelope>",
    ],
)
def test_a_body_that_does_not(body: bytes) -> None:
    assert noted(200, body) == []


def test_of_several_outcomes_none_may_be_good() -> None:
    """RFC 4918, 13: Multi-Status of WebDAV."""
    one = "<D:response><D:href>/a</D:href><D:status>HTTP/1.1 %s</D:status></D:response>"
    for codes, refused in (
        (["507 Insufficient Storage"], True),
        (["403 No", "423 Locked"], True),
        (["201 Created", "507 No"], False),
    ):
        body = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">' + "".join(one % code for code in codes)
        assert noted(207, (body + "</D:multistatus>").encode()) == ([REFUSED] if refused else [])
    assert noted(200, (one % "507 No").encode()) == []


def test_a_page_for_logging_in_takes_nothing() -> None:
    assert noted(302, location="/login?next=/snap") == noted(303, location="https://sso.demo.cn/x") == [LOGIN]
    for taken in ("/passports/42", "/catalog-index", "/attendance/signin/123", "/login_success", "/a?from=/login"):
        assert noted(302, location=taken) == []
    for asking in ("login.html?a=1", "/account/sign-in/", "/oauth2/authorize", "https://passport.demo.cn/", "/#/login"):
        assert noted(302, location=asking) == [LOGIN]
    assert noted(303, location="/snaps/17") == noted(404, b'{"success":false}') == []


@pytest.mark.parametrize(("code", "notes"), [("7", [IN_FIELD]), ("0", []), ("", [])])
def test_grpc_refuses_in_a_field(code: str, notes: list[str]) -> None:
    answer = Message("http2", DOWN, 0, 9, status=200, headers=[("grpc-status", code)], request=ASKED)
    note_refusal(answer)
    assert answer.notes == notes


NAMES = sorted({*answers._SUCCESS, *answers._CODE, *answers._OUTCOME})
WORDS = [
    "false",
    "False",
    " no ",
    "0",
    "404",
    "40001",
    "4",
    "denied ",
    "ERROR",
    "true",
    "ok",
    False,
    True,
    0,
    500,
    50012,
    None,
]


@given(
    st.sampled_from(NAMES), st.sampled_from(["{}", "is_{}", "_{}", "Is{}_"]), st.integers(0, 9), st.sampled_from(WORDS)
)
def test_what_is_asked_of_many_finds_all_that_one_would_refuse(name: str, how: str, cut: int, word: object) -> None:
    key = how.format(f"{name[:cut]}_{name[cut:]}".title() if cut else name)
    body = orjson.dumps({"time": 7, key: word})
    assert answers.may_refuse(body) or not answers._refuses(body)
