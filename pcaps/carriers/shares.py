"""Shares: NFS 3 (nfs-ganesha, nfs-cp of libnfs)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import SERVER, captured, expected, image, picture, run, server

# its own /run, since rpcbind and the server leave sockets there; the share must not lie in memory
GANESHA = """
mount -t tmpfs tmpfs /run && mkdir -p /run/rpcbind /run/ganesha
rpcbind -w -f &
sleep 1
exec ganesha.nfsd -F -L {base}/log -f {base}/ganesha.conf -p /run/ganesha/pid
"""
GANESHA_CONFIG = """
NFS_CORE_PARAM {{ Protocols = 3; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false;
                  Allow_Set_Io_Flusher_Fail = true; }}
EXPORT {{ Export_Id = 1; Path = {share}; Pseudo = /shop; Access_Type = RW; Squash = No_root_squash; Protocols = 3;
          MaxWrite = 32768; Transports = TCP; SecType = sys; FSAL {{ Name = VFS; }} }}
"""


def build() -> None:
    """Write nfs.pcapng."""
    with tempfile.TemporaryDirectory() as name:
        _nfs(Path(name))


def _nfs(folder: Path) -> None:
    """Two pictures are put, the larger one in several writes, and one is fetched."""
    share = folder / "shop"
    share.mkdir()
    large = picture(612, 800, 600)
    sent = {"n611.jpg": picture(611), "n612.jpg": large}
    for name, data in sent.items():
        (folder / name).write_bytes(data)
    (share / "plan.jpg").write_bytes(picture(613))
    for path in (folder, share):
        path.chmod(0o777)
    (folder / "ganesha.conf").write_text(GANESHA_CONFIG.format(share=share))
    with server("bash", "-c", GANESHA.format(base=folder), wait=8), captured("nfs"):
        target = f"nfs://{SERVER}{share}"
        for name in sent:
            run("ip", "netns", "exec", "na-device", "nfs-cp", str(folder / name), f"{target}/{name}")
        run("ip", "netns", "exec", "na-device", "nfs-cp", f"{target}/plan.jpg", str(folder / "back.jpg"))
    images = [image(611, "n611.jpg", "up"), image(612, "n612.jpg", "up", large), image(613, "plan.jpg", "down")]
    expected("nfs", "nfs", {"server": "nfs-ganesha", "client": "nfs-cp of libnfs"}, images)
