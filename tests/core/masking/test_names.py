"""Names that captures choose freely: of persons nothing is left, whatever they are written in; known words stay."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.masking.mask import _path as path_alone
from netaudit.core.masking.mask import _through as through
from netaudit.core.masking.mask import mask, mask_host, mask_name, mask_path, mask_words
from tests.processor_time import within


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("张三身份证.jpg", "张*身份证.jpg"),
        ("欧阳娜娜_人脸照片.jpg", "欧阳**_人脸照片.jpg"),
        ("仉某某.jpg", "仉**.jpg"),
        ("阿依古丽·买买提.jpg", "********.jpg"),
        ("高清华身份证.jpg", "高**身份证.jpg"),
        (quote("欧阳娜娜") + ".jpg", quote("欧阳") + "**.jpg"),
        (quote("张三", encoding="gbk") + ".jpg", quote("张", encoding="gbk") + "*.jpg"),
        (quote(quote("张三")) + ".jpg", quote(quote("张")) + "*.jpg"),
        ("张三".encode("gbk").decode("latin-1") + ".jpg", "张*.jpg"),
        ("zhangsan_idcard.jpg", "z*******_idcard.jpg"),
        ("John Smith.pdf", "J*** S****.pdf"),
        ("Müller.png", "M*l***.png"),
        ("иванов.jpg", "******.jpg"),
        ("E12345678.jpg", "E1*****78.jpg"),
        ("passport EA1234567.jpg", "passport EA*****67.jpg"),
        ("138_0013_8000.jpg", "138_****_**00.jpg"),
    ],
)
def test_of_a_name_nothing_is_left(clear: str, masked: str) -> None:
    assert mask_name(clear) == masked
    assert mask_name(masked) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "name",
    ["face_20260601.jpg", "IMG_0001.JPG", "snap-0001-visible.jpeg", "faceImage.jpg", "7ac36a9e5ab7db289e805bc2ec1e.jpg", "人脸抓拍.jpg", "图片 1.png",
     "20260601_093101_0001.jpg", "身份证正面.jpg", "index.html", ""],
)  # fmt: skip
def test_what_is_known_to_be_harmless_stays(name: str) -> None:
    assert mask_name(name) == name


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        (
            "/users/zhangsan/avatar.png?deviceId=SN12&user=li_lei",
            "/users/z*******/avatar.png?deviceId=SN12&user=l*_***",
        ),
        ("/客户/张三/身份证.jpg", "/客户/张*/身份证.jpg"),
        (f"/{quote('张三', encoding='gbk')}/1.jpg", f"/{quote('张', encoding='gbk')}*/1.jpg"),
        ("/upload/wang-xiao-ming/1.jpg", "/upload/w***-****-****/1.jpg"),
        ("/upload/LiLei.jpg", "/upload/LiL**.jpg"),
        ("/pass/E12345678/photo", "/pass/E1*****78/photo"),
        ("/x/138/0013/8000", "/x/138/****/**00"),
    ],
)
def test_paths(clear: str, masked: str) -> None:
    assert mask_path(clear) == masked
    assert mask_path(masked) == masked


@pytest.mark.parametrize(
    "path",
    ["/api/v1/face/upload", "/ISAPI/Intelligent/FDLib/FDSearch?format=json", "/cgi-bin/snapManager.cgi?action=attachFileProc", "/VIID/Faces",
     "/doc/page/login.asp", "/mode/change/share", "/", "*", "/onvif/device_service", "/2026/06/01/0001.jpg",
     "/iclock/cdata.aspx", "/iclock/getrequest.aspx", "/iclock/devicecmd.aspx", "/iclock/fdata.aspx", "/iclock/registry.aspx", "/iclock/ping.aspx"],
)  # fmt: skip
def test_paths_of_programs_stay(path: str) -> None:
    assert mask_path(path) == path


def test_names_of_makers_and_services_stay() -> None:
    """They look like names written in Latin letters, and tell what a device is and whom it asks."""
    agent = "Dalvik/2.1.0 (Linux; U; Android 9; Moto G (7) Build/OPPS28.65-37-7-11)"
    assert mask_words(agent) == agent
    assert mask_host("youtube-ui.l.google.com") == "youtube-ui.l.google.com"
    assert mask_host("wangli-ui.l.google.com") != "wangli-ui.l.google.com"
    assert mask_host("zhangwei.com.cn:8081") == "zhangwei.com.cn:8081"  # a port is no part of the domain
    assert mask_host("zhangwei.example.com.cn:80") == "z*******.example.com.cn:80"
    assert mask_host("fe80::1:80") == mask_host("fe80::1") + ":80" == "fe80::1:80"


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("姓名=张三", "姓名=***"),
        ("姓名：欧阳娜娜，电话：138.0013.8000", "姓名：***，电话：***"),
        (f"{quote('姓名')}={quote('张三')}&x=1", f"{quote('姓名')}=***&x=1"),
        (f"{quote('姓名', encoding='gbk')}={quote('张三', encoding='gbk')}", f"{quote('姓名', encoding='gbk')}=***"),
        ('{"姓名":"Li Lei"}', '{"姓名":"***"}'),
        ("138.0013.8000", "138.****.**00"),
        ("138/0013/8000", "138/****/**00"),
        ("+86-138.0013.8000", "+86-138.****.**00"),
        ("1380013_8000", "138****_**00"),
        ("110101.19900101.0019", "110***.********.**19"),
        ("车牌 京A12345", "车牌 京A*****"),
        ("粤B·D12345", "粤B*******"),
        ("欧阳娜娜", "欧阳**"),
        ("张三的iPhone", "张**iPhone"),
        ("passport=E12345678", "passport=***"),
    ],
)
def test_running_text(clear: str, masked: str) -> None:
    assert mask(clear) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    ["139.224.10.105", "183.60.12.134:8080", "20260601_093101_0001", "1.5.20240.1234", "高清摄像机", "白名单", "售楼处抓拍", "客户 3", "V5.7.15 build 230313"],
)  # fmt: skip
def test_addresses_and_words_stay(text: str) -> None:
    assert mask(text) == text


NAMES = st.builds(
    str.__add__,
    st.sampled_from(["张", "李", "欧阳", "仉", "司马", "王"]),
    st.text("伟芳娜秀英敏静丽强磊军洋", min_size=1, max_size=2),
)
WAYS = st.sampled_from(
    [
        str,
        quote,
        lambda one: quote(one, encoding="gbk"),
        lambda one: quote(quote(one)),
        lambda one: one.encode("gbk").decode("latin-1"),
    ]
)
AROUND = st.sampled_from(["", "_", "-", " ", "1", "身份证", "照片", "face_", "(", "客户"])


@settings(max_examples=200, deadline=None)
@given(NAMES, WAYS, AROUND, AROUND)
def test_no_given_name_survives_in_any_spelling(name: str, way, before: str, after: str) -> None:
    """Not one character of it, beside whatever else the file is called by."""
    given = name.removeprefix("欧阳").removeprefix("司马")
    given = given[1:] if given == name else given
    spelt = way(name)
    for masked in (mask_name(f"{before}{spelt}{after}.jpg"), mask_path(f"/upload/{before}{spelt}{after}.jpg?x=1")):
        assert way(given) not in masked
        assert mask_name(masked) == masked or "/" in masked


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_twice_is_once(text: str) -> None:
    for masking in (mask, mask_name, mask_path):
        once = masking(text)
        assert masking(once) == once
        assert re.search(r"\d{11}", once) is None


@pytest.mark.parametrize(
    "text",
    [
        "li" * 100_000,
        "zhang-" * 50_000,
        "张三" * 50_000,
        "%E5%BC%A0" * 30_000,
        "1.3" * 90_000,
        "E1234567" * 30_000,
        "Aa" * 90_000,
    ],
)
def test_long_hostile_names_cost_linear_time(text: str) -> None:
    with within(3):
        mask_name(text)
        mask_path(text)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/x?ismKamil=Layla+al-Bakri", "/x?ismKamil=L****+a*-B****"),
        ("/x?hoTen=Nguyễn%20Văn%20An&n=2", "/x?hoTen=N*****%20V**%20A*&n=2"),
        ("/x?ФИО=Иван+Петров", "/x?ФИО=И***+П*****"),
        ("/x?v=Иван", "/x?v=****"),
        ("/x?q=Hello+World&at=2025-06-01+10:00:00", "/x?q=Hello+World&at=2025-06-01+10:00:00"),
    ],
)
def test_a_name_in_a_query_is_masked_whatever_its_key_is_called(path: str, shown: str) -> None:
    assert mask_path(path) == shown


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(["/", "?", "=", "&", "&#", ";", "%", "%3D", "3", "13800138000", "1", "12345678", " ", "-", ".", "E",
                         "x", "name", "lisi", '"', "***", "@a.cn", "86", "-1", "\n", "Y2FtMTIzNDU2Nzg5", "\u4eac", "\\x"]),
        max_size=14,
    ),
    st.integers(0, 10**12),
)  # fmt: skip
def test_a_target_is_masked_as_if_no_other_had_the_same_form(pieces: list[str], number: int) -> None:
    text = "".join(pieces) + f"?n={number}&" + "".join(reversed(pieces))
    assert mask_path(text) == through(path_alone)(text)
