"""Other users, other sites and other names of this computer see nothing; what is shown stays where it is."""

import pytest

from netaudit.browse.access import COOKIE
from tests.browse.conftest import HOST, MOUNT

HOME = f"{MOUNT}/c/0/verdict"


@pytest.mark.parametrize(
    "path", ["/", f"{MOUNT}/", HOME, f"{MOUNT}/static/browse.css", f"{MOUNT}/?token=", f"{MOUNT}/?token=guess"]
)
def test_without_the_token_there_is_nothing(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code in (403, 404)
    assert "script" not in answer.text
    assert "set-cookie" not in answer.headers


def test_a_token_works_once_and_another_is_told(gate, stranger):
    address = gate.address
    assert stranger.get(address).status_code == 303
    assert gate.told == [gate.address] != [address]
    stranger.cookies.clear()
    assert stranger.get(address).status_code == 403
    assert stranger.get(gate.address).status_code == 303


def test_the_cookie_is_for_our_pages_only(gate, stranger):
    cookie = stranger.get(gate.address).headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert f"path={MOUNT}/" in cookie


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{HOST[-5:]}", "localhost:40404", "127.0.0.1", "127.0.0.1:80", ""]
)
def test_another_host_is_refused_even_with_the_cookie(browser, host):
    """DNS rebinding: the name of a foreign site that points to this computer."""
    assert browser.get(HOME).status_code == 200
    assert browser.get(HOME, headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://" + HOST, f"http://{HOST}.evil.example", "http://127.0.0.1:1"]
)
def test_another_origin_is_refused(browser, origin):
    assert browser.get(HOME, headers={"origin": origin}).status_code == 403
    assert (
        browser.post(f"{MOUNT}/c/0/review/F0000", data={"status": "open"}, headers={"origin": origin}).status_code
        == 403
    )


def test_a_form_without_an_origin_is_refused(browser):
    del browser.headers["origin"]
    assert browser.post(f"{MOUNT}/c/0/image/{'0' * 64}/unmask", data={"reason": "x"}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(browser, method):
    assert browser.request(method, HOME).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_and_ports_are_refused(browser, site):
    assert browser.get(HOME, headers={"sec-fetch-site": site}).status_code == 403


def test_headers_keep_everything_at_home(browser, stranger):
    for answer in (
        browser.get(HOME),
        stranger.get(HOME),
        browser.get(f"{MOUNT}/static/browse.js"),
        browser.get(f"{MOUNT}/no"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    [
        "static/../server.py", "static/%2e%2e/server.py", "static/..%2fserver.py", "c/0/image/..%2f..%2fkey", "c/0/thumbnail/../key",
        "c/0/table/..%2fprivate%2fsecret", "c/0/row/private/0", "c/9/verdict", "c/-1/verdict", "c/0/find/findings/nosuch?value=1",
        "c/0/row/findings/99999999999", "c/0/clear/guess", "c/0/thumbnail/" + "0" * 64, "c/0/nosuch",
    ],
)  # fmt: skip
def test_path_tricks_lead_nowhere(browser, path):
    answer = browser.get(f"{MOUNT}/{path}")
    assert answer.status_code in (404, 409)
    assert "secret" not in answer.text
    assert "import" not in answer.text
