"""SMTP with aiosmtpd and smtplib; IMAP and POP3 with dovecot and Python's clients."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, python_server, server

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
DOVECOT = """dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = {base}/run
log_path = {base}/log
protocols = imap pop3
ssl = no
auth_allow_cleartext = yes
auth_mechanisms = plain login
mail_driver = maildir
mail_path = {base}/mail
mail_uid = {uid}
mail_gid = {uid}
first_valid_uid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {user}
passdb static {{
  password = secret
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {uid}
    home = {base}
  }}
}}
service imap-login {{
  chroot =
}}
service pop3-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""
IMAP_CLIENT = """
import imaplib, sys, time
imap = imaplib.IMAP4(sys.argv[1])
imap.login("cam", "secret")
imap.append("INBOX", None, imaplib.Time2Internaldate(time.time()), open(sys.argv[2], "rb").read())
imap.select()
imap.fetch("1", "(FLAGS BODY[])")
imap.fetch("1", "(BODY.PEEK[2])")
imap.logout()
"""
POP3_CLIENT = """
import poplib, sys
pop = poplib.POP3(sys.argv[1])
pop.user("cam"); pop.pass_("secret")
pop.list(); pop.retr(1); pop.top(1, 0); pop.quit()
"""


def _mail(seed: int, name: str) -> bytes:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "cam@shop.example", "ops@cloud.example", "faces"
    mail.set_content("one face\n")
    mail.add_attachment(picture(seed), maintype="image", subtype="jpeg", filename=name)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def build() -> None:
    """Write smtp.pcapng, imap.pcapng and pop3.pcapng."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in (11, 12):
            (folder / f"{seed}.jpg").write_bytes(picture(seed))
        with python_server(SMTP_SERVER), captured("smtp"):
            python("na-device", SMTP_CLIENT, SERVER, str(folder / "11.jpg"), str(folder / "12.jpg"))
    images = [image(11, "人脸抓拍.jpg", "up"), image(12, "inner.jpg", "up")]
    expected("smtp", "smtp", {"server": "aiosmtpd", "client": "smtplib"}, images)
    if shutil.which("dovecot"):
        _boxes()


def _boxes() -> None:
    import pwd

    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        user = pwd.getpwnam("dovecot")
        base.chmod(0o777)
        for folder in ("run", "mail", "mail/cur", "mail/new", "mail/tmp"):
            (base / folder).mkdir()
            os.chown(base / folder, user.pw_uid, user.pw_gid)
        (base / "dovecot.conf").write_text(DOVECOT.format(base=base, uid=user.pw_uid, user="dovecot"))
        (base / "mail.eml").write_bytes(_mail(13, "fetched.jpg"))
        with server("dovecot", "-F", "-c", str(base / "dovecot.conf"), wait=2):
            with captured("imap"):
                python("na-device", IMAP_CLIENT, SERVER, str(base / "mail.eml"))
            with captured("pop3"):
                python("na-device", POP3_CLIENT, SERVER)
    images = [image(13, "fetched.jpg", "up"), image(13, "fetched.jpg", "down")]
    alone = image(13, "BODY[2]", "down")  # fetched without the header that names it
    expected("imap", "imap", {"server": "dovecot", "client": "imaplib"}, [*images, alone])
    expected("pop3", "pop3", {"server": "dovecot", "client": "poplib"}, images[1:])
