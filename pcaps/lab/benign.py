"""An office without capture business: a selfie, news, a photo backup, a doorbell that talks to a recorder inside."""

from __future__ import annotations

from pathlib import Path

from . import web
from .hosts import DOORBELL, NTP, PC, PHONE, PHOTO_CLOUD, PHOTO_TLS, RECORDER, ROUTER, SOCIAL, SWITCH
from .photos import jpeg, portrait, scene
from .sales import MOVED, UPLOADED, browse
from .story import Picture, Story
from .tls import Authority

START = 1_773_453_600 * 10**9  # 2026-03-14 10:00:00 in China
HOSTS = [ROUTER, RECORDER, SWITCH, DOORBELL, PC, PHONE]
PHONE_EXIF = {0x010F: "HUAWEI", 0x0110: "ALN-AL00", 0x0132: "2026:03:14 09:58:11"}
OK = web.dump({"code": 0})


def benign_office(folder: Path, seed: int = 20260315) -> Story:
    """The whole story."""
    story = Story(START, seed, Authority(folder))
    _selfie(story)
    _backup(story)
    _backup_tls(story)
    _doorbell(story)
    browse(story, 20)
    for index, host in enumerate((DOORBELL, RECORDER)):
        story.look_up(5 + index, host, NTP)
        story.clocks.append((story.at(5 + index), host, NTP))
    return story


def _photo(seed: int, *, face: bool, origin: str = "phone") -> Picture:
    image = portrait(seed, 420) if face else scene(seed)
    return Picture(jpeg(image, seed, PHONE_EXIF), "jpeg", image.size, face, origin)


def _selfie(story: Story) -> None:
    at, selfie = 40, _photo(8000, face=True, origin="selfie")
    story.look_up(at, PHONE, SOCIAL)
    talk = story.connect(at, PHONE, SOCIAL)
    body = web.multipart(
        "selfieform", [("text", "", "", "看房啦".encode()), ("pic", "IMG_0314.jpg", "image/jpeg", selfie.data)]
    )
    headers = {
        "User-Agent": "SocialPhotos/9.1 (Android 14)",
        "Content-Type": "multipart/form-data; boundary=selfieform",
    }
    story.ask(
        talk,
        web.request("POST", "/2/statuses/upload", SOCIAL.name, headers, body),
        web.response(OK, "application/json", story.date(at)),
    )
    story.carry(talk, [selfie], "http multipart", "/2/statuses/upload", UPLOADED)


def _backup(story: Story) -> None:
    at = 90
    story.look_up(at, PHONE, PHOTO_CLOUD)
    talk = story.connect(at, PHONE, PHOTO_CLOUD)
    for index in range(4):
        picture, path = _photo(8100 + index, face=index % 2 == 0), f"/backup/u17/IMG_{index:04}.jpg"
        headers = {
            "User-Agent": "obs-sdk-android/3.21.8",
            "Authorization": "OBS DEMO:demo",
            "Content-Type": "image/jpeg",
        }
        answer = web.response(b"", "text/plain", story.date(at), server="OBS")
        story.ask(talk, web.request("PUT", path, PHOTO_CLOUD.name, headers, picture.data), answer, 200)
        story.carry(talk, [picture], "http put", path, UPLOADED)


def _backup_tls(story: Story) -> None:
    for index in range(3):
        at, pictures = 150 + index * 6, [_photo(8200 + 2 * index + step, face=step == 0) for step in range(2)]
        story.look_up(at, PHONE, PHOTO_TLS)
        talk = story.connect(at, PHONE, PHOTO_TLS, 443)
        for step, picture in enumerate(pictures):
            headers = {"User-Agent": "okhttp/4.9.0", "Content-Type": "image/jpeg"}
            request = web.request("PUT", f"/v3/photo/{index}{step}", PHOTO_TLS.name, headers, picture.data)
            story.ask(talk, request, web.response(OK, "application/json", story.date(at)), 50)
        story.seal(talk)
        story.carry(talk, pictures, "https put", "/v3/photo", UPLOADED)


def _doorbell(story: Story) -> None:
    """The doorbell's faces stay in the house."""
    for index in range(6):
        at, picture = 30 + index * 45, _photo(8300 + index, face=index != 3, origin="doorbell camera")
        body = web.multipart(
            "boundary",
            [
                ("faceCapture", "", "application/json", web.dump({"eventType": "doorbell"})),
                ("picture", "ring.jpg", "image/jpeg", picture.data),
            ],
        )
        talk = story.connect(at, DOORBELL, RECORDER)
        headers = {"Content-Type": "multipart/form-data; boundary=boundary"}
        request = web.request("POST", "/ISAPI/Event/notification/upload", RECORDER.ip4, headers, body)
        story.ask(talk, request, web.response(b"", "text/plain", story.date(at), server="App-webs/"))
        story.carry(talk, [picture], "http multipart", "/ISAPI/Event/notification/upload", MOVED)


def quiet() -> dict[str, int]:
    """What nobody may claim of this office."""
    return {
        "capture_device_uploads_outside": 0,
        "verification_terminal_uploads_outside": 0,
        "server_uploads_outside": 0,
    }
