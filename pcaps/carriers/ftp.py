"""FTP: vsftpd and Python's ftplib, passive and active, upload, download, append."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, python, server

CONFIG = """listen=YES
run_as_launching_user=YES
anonymous_enable=YES
anon_root={root}
no_anon_password=YES
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_mkdir_write_enable=YES
anon_umask=022
background=NO
xferlog_enable=NO
seccomp_sandbox=NO
allow_writeable_chroot=YES
isolate=NO
isolate_network=NO
"""
CLIENT = """
import ftplib, io, sys
host, folder = sys.argv[1], sys.argv[2]
read = lambda n: open(f"{folder}/{n}", "rb")
ftp = ftplib.FTP(host)
ftp.login()
ftp.nlst()
ftp.storbinary("STOR 抓拍_1.jpg", read("1.jpg"))
ftp.retrbinary("RETR known.jpg", lambda _: None)
ftp.set_pasv(False)
ftp.storbinary("STOR active_2.jpg", read("2.jpg"))
ftp.storbinary("APPE whole_3.jpg", read("3.jpg"))
ftp.retrbinary("RETR known.jpg", lambda _: None, rest=100)
ftp.quit()
"""


def build() -> None:
    """Write ftp.pcapng."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = folder / "root"
        root.mkdir()
        (root / "known.jpg").write_bytes(picture(4))
        for seed in (1, 2, 3):
            (folder / f"{seed}.jpg").write_bytes(picture(seed))
        (folder / "vsftpd.conf").write_text(CONFIG.format(root=root))
        with server("vsftpd", str(folder / "vsftpd.conf")), captured("ftp"):
            python("na-device", CLIENT, SERVER, name)
    images = [
        image(1, "抓拍_1.jpg", "up"),
        image(2, "active_2.jpg", "up"),
        image(3, "whole_3.jpg", "up"),
        image(4, "known.jpg", "down"),
    ]
    partial = [{"name": "known.jpg", "from": 100}]
    expected("ftp", "ftp-data", {"server": "vsftpd", "client": "ftplib"}, images, partial=partial)
