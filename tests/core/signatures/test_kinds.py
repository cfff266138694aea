"""What kind of device words mean."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.loading import load
from netaudit.core.signatures.vocabulary import Kinds

MEANT = {
    "IPCamera": "ip_camera", "IPCAMERA": "ip_camera", "AIBOX": "server", "FACETERMINAL": "access_terminal",
    "IPDome": "ip_camera", "netzwerkkamera": "ip_camera", "people capture camera": "ip_camera", "人脸抓拍机": "ip_camera",
    "hybridNVR": "nvr", "MB-4116 Recorder": "nvr", "二楼录像机": "nvr", "видеорегистратор": "nvr", "NetworkVideoRecorder": "nvr",
    "face gate": "access_terminal", "FaceTerminal": "access_terminal", "turnstile with face recognition": "access_terminal",
    "人脸识别门禁一体机": "access_terminal", "terminal de reconhecimento facial": "access_terminal", "考勤机": "access_terminal",
    "câmera de reconhecimento facial": "ip_camera", "人证核验终端": "id_terminal", "laser printer": "printer", "AI边缘盒子": "server",
    "IPPhone": "", "urn:schemas-upnp-org:device:MediaServer:1": "", "campus": "", "X-1": "", "": "", "Serial Device Server": "",
}  # fmt: skip


@pytest.mark.parametrize("text", MEANT)
def test_the_last_word_that_names_a_kind_counts(text: str) -> None:
    assert load().vocabulary.kinds.of(text) == MEANT[text]


def test_names_that_people_give_mean_one_by_their_end_only() -> None:
    kinds = load().vocabulary.kinds
    assert (kinds.ends("南门闸机"), kinds.ends("闸机旁的屏"), kinds.ends("camera")) == ("access_terminal", "", "")


def test_somebodys_own_words_are_added() -> None:
    kinds = Kinds().with_lines(["nvr: recorder", "- : flight recorder"])
    assert (kinds.of("a recorder"), kinds.of("flight recorder"), kinds.classes()) == ("nvr", "", {"nvr", ""})
