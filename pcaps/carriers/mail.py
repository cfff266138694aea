"""SMTP with aiosmtpd and smtplib."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, python_server

SMTP_SERVER = """
import time
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
Controller(Sink(), hostname="0.0.0.0", port=25).start()
time.sleep(60)
"""
SMTP_CLIENT = """
import smtplib, sys
from email.message import EmailMessage
mail = EmailMessage()
mail["From"], mail["To"], mail["Subject"] = "cam@shop.example", "ops@cloud.example", "抓拍通知"
mail.set_content("人脸\\n.点\\n")
mail.add_attachment(open(sys.argv[2], "rb").read(), maintype="image", subtype="jpeg", filename="人脸抓拍.jpg")
inner = EmailMessage()
inner["Subject"] = "forwarded"
inner.set_content("see below")
inner.add_attachment(open(sys.argv[3], "rb").read(), maintype="image", subtype="jpeg", filename="inner.jpg")
mail.add_attachment(inner)
with smtplib.SMTP(sys.argv[1]) as smtp:
    smtp.send_message(mail)
"""


def build() -> None:
    """Write smtp.pcapng."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in (11, 12):
            (folder / f"{seed}.jpg").write_bytes(picture(seed))
        with python_server(SMTP_SERVER), captured("smtp"):
            python("na-device", SMTP_CLIENT, SERVER, str(folder / "11.jpg"), str(folder / "12.jpg"))
    images = [image(11, "人脸抓拍.jpg", "up"), image(12, "inner.jpg", "up")]
    expected("smtp", "smtp", {"server": "aiosmtpd", "client": "smtplib"}, images)
