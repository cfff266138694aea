"""Cloud services that search, compare and store faces, asked in clear (facts 6).

In the field they are asked over TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from people import ZHANG, card, face
from talk import CLOUD, Ask, b64, dump, form, post
from truth import event, masked

if TYPE_CHECKING:
    from collections.abc import Callable

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JPEG = "image/jpeg"
Script = tuple[list[Ask], list[dict[str, Any]]]


def script() -> Script:
    """All services, each at its own host name."""
    asks: list[Ask] = []
    events: list[dict[str, Any]] = []
    makers: list[Callable[[], Script]] = [_baidu, _megvii, _tencent, _aliyun, _huawei, _iflytek, _recalled]
    for make in makers:
        asked, told = make()
        asks += [ask._replace(address=CLOUD, port=80) for ask in asked]
        events += told
    return asks, events


def _host(name: str, **more: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Host": name, **more}}


def _baidu() -> Script:
    host, token = "aip.baidubce.com", "access_token=24.example"
    found = {"group_id": "visitors", "user_id": "u17", "user_info": ZHANG.name, "score": 91.5}
    added = {"image": b64(card(381)), "image_type": "BASE64", "group_id": "visitors", "user_id": "u17"}
    search = {"image": b64(face(381)), "image_type": "BASE64", "group_id_list": "visitors"}
    credentials = "grant_type=client_credentials&client_id=example&client_secret=example"
    answer = {"error_code": 0, "result": {"face_token": "t1", "user_list": [found]}}
    kept = {"error_code": 0, "result": {"face_token": "t0"}}
    asks = [
        Ask("POST", f"/oauth/2.0/token?{credentials}", b"", {"Host": host}, dump({"access_token": "24.example"})),
        post(
            f"/rest/2.0/face/v3/faceset/user/add?{token}",
            added | {"user_info": ZHANG.name},
            kept,
            **_host(host),
        ),
        Ask(
            "POST",
            f"/rest/2.0/face/v3/search?{token}",
            urlencode(search).encode(),
            {"Host": host, **FORM},
            dump(answer),
            {"Content-Type": "application/json"},
        ),
    ]
    enrolled = {"person": masked(ZHANG, "name"), "images": {"library_photo": card(381)}}
    events = [
        event("enrolment", "baidu-enrolment", **enrolled),
        event("query", "baidu-search", images={"face": face(381)}),
        event("reply", "baidu-search-reply", person=masked(ZHANG, "name"), score=91.5),
    ]
    return asks, events


def _megvii() -> Script:
    host, keys = "api-cn.faceplusplus.com", {"api_key": "example", "api_secret": "example"}
    fields = [(name, "", "", value.encode()) for name, value in keys.items()]
    asks = [
        form("/facepp/v3/detect", "m1", [*fields, ("image_file", "1.jpg", JPEG, face(383))], headers={"Host": host}),
        Ask("POST", "/facepp/v3/search", urlencode(keys | _set(face(384))).encode(), {"Host": host, **FORM}),
    ]
    events = [
        event("query", "megvii-query", images={"face": face(383)}),
        event("query", "megvii-query", images={"face": face(384)}),
    ]
    return asks, events


def _set(picture: bytes) -> dict[str, str]:
    return {"image_base64": b64(picture), "outer_id": "visitors"}


def _tencent() -> Script:
    host = "iai.tencentcloudapi.com"

    def call(action: str, document: dict[str, Any]) -> Ask:
        signed = "TC3-HMAC-SHA256 Credential=example/2025-06-01/iai/tc3_request, SignedHeaders=host, Signature=00"
        names = {"X-TC-Action": action, "X-TC-Version": "2020-03-03", "Authorization": signed}
        return post("/", document, {"Response": {"RequestId": "r1"}}, **_host(host, **names))

    created = {"GroupId": "visitors", "PersonId": "p17", "PersonName": ZHANG.name, "Gender": 1, "Image": b64(card(385))}
    asks = [
        call("CreatePerson", created),
        call("SearchFaces", {"GroupIds": ["visitors"], "Image": b64(face(385))}),
        call("DetectFace", {"Url": "http://example-bucket.cos.example.com/1.jpg"}),
    ]
    events = [
        event("enrolment", "tencent-enrolment", person=masked(ZHANG, "name"), images={"library_photo": card(385)}),
        event("query", "tencent-query", images={"face": face(385)}),
        event("query", "tencent-query", urls=1),
    ]
    return asks, events


def _aliyun() -> Script:
    """The picture goes to a bucket, then its address to the service."""
    bucket, key = "example-bucket.oss-cn-shanghai.aliyuncs.com", "/face/20250601/1.jpg"
    picture = f"http://{bucket}{key}"
    fields = {"Action": "SearchFace", "Version": "2019-12-30", "DbName": "visitors", "ImageUrl": picture}
    put = {"Host": bucket, "Content-Type": JPEG, "Authorization": "OSS example:AA=="}
    host = "facebody.cn-shanghai.aliyuncs.com"
    asks = [
        Ask("PUT", key, face(386), put),
        Ask("POST", "/", urlencode(fields).encode(), {"Host": host, **FORM}),
    ]
    return asks, [event("query", "aliyun-query", fetched={"face": face(386)})]


def _huawei() -> Script:
    host, base = "face.cn-north-4.myhuaweicloud.com", "/v2/0123456789abcdef/face-sets/visitors"
    token = _host(host, **{"X-Auth-Token": "example"})
    found = {"faces": [{"face_id": "f1", "external_image_id": "e17", "similarity": 0.92}]}
    asks = [
        post(f"{base}/faces", {"image_base64": b64(card(387)), "external_image_id": "e17"}, found, **token),
        post(f"{base}/search", {"image_base64": b64(face(387))}, found, **token),
    ]
    events = [
        event("enrolment", "huawei-frs-enrolment", images={"library_photo": card(387)}),
        event("query", "huawei-frs-query", images={"face": face(387)}),
        event("reply", "huawei-frs-search-reply", score=0.92),
    ]
    return asks, events


def _iflytek() -> Script:
    document = {
        "header": {"app_id": "example"},
        "parameter": {},
        "payload": {"input1": {"image": b64(face(388))}},
    }
    path = "/v1/private/s67c9c78c?authorization=example&host=api.xf-yun.com&date=example"
    return [post(path, document, **_host("api.xf-yun.com"))], [
        event("query", "iflytek-service", images={"other": face(388)}, recalled=True)
    ]


def _recalled() -> Script:
    """Azure and AWS, whose interfaces the fact sheet only recalls."""
    azure, aws = "example.cognitiveservices.azure.cn", "rekognition.cn-north-1.amazonaws.com.cn"
    stream = {"Host": azure, "Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": "example"}
    target = {"X-Amz-Target": "RekognitionService.SearchFacesByImage"}
    asks = [
        Ask("POST", "/face/v1.0/detect", face(389), stream),
        post("/", {"CollectionId": "visitors", "Image": {"Bytes": b64(face(390))}}, **_host(aws, **target)),
    ]
    events = [
        event("query", "azure-face", images={"face": face(389)}, recalled=True),
        event("query", "aws-rekognition", images={"face": face(390)}, recalled=True),
    ]
    return asks, events
