"""Shares: NFS 3 (nfs-ganesha, nfs-cp of libnfs), SMB 3 over several connections (samba, smbprotocol)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from others import SMB_CONFIG
from rig import SERVER, captured, expected, image, picture, python, run, server

SECOND = "10.99.0.4"  # another address of the server
WORD = "fictional"  # password of the share

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

# What smbprotocol lacks for a second channel: its session setup says that it binds, and is signed with the first key
# (MS-SMB2, 3.2.4.2.3).
CHANNELS = """
import sys, uuid
from smbprotocol.connection import Connection
from smbprotocol.file_info import FileEndOfFileInformation
from smbprotocol.header import Commands
from smbprotocol.ioctl import CtlCode, IOCTLFlags, SMB2IOCTLRequest
from smbprotocol.open import (CreateDisposition, CreateOptions, FileAttributes, FilePipePrinterAccessMask,
                              ImpersonationLevel, Open, ShareAccess, SMB2SetInfoRequest)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect
first, second, word, *names = sys.argv[1:]
STEP = 16384
guid = uuid.UUID("6e657461-7564-4974-8000-00000000cafe")
class Able(Connection):
    def _send(self, messages, **more):
        for message in messages:
            if message.COMMAND == Commands.SMB2_SESSION_SETUP and self.binds:
                message["flags"] = 1
                more["force_signature"] = True
        return super()._send(messages, **more)
def connect(address, binds):
    connection = Able(guid, address, 445, require_signing=True)
    connection.binds = binds
    connection.client_capabilities |= 8
    connection.connect(timeout=20)
    return connection
one = connect(first, False)
session = Session(one, "root", word, require_encryption=False)
session.connect()
tree = TreeConnect(session, chr(92) * 2 + first + chr(92) + "snap")
tree.connect()
ask = SMB2IOCTLRequest()
ask["ctl_code"] = CtlCode.FSCTL_QUERY_NETWORK_INTERFACE_INFO
ask["file_id"] = bytes([255]) * 16
ask["max_output_response"] = 65536
ask["flags"] = IOCTLFlags.SMB2_0_IOCTL_IS_FSCTL
one.receive(one.send(ask, sid=session.session_id, tid=tree.tree_connect_id))
two = connect(second, True)
bound = Session(two, "root", word, require_encryption=False)
bound.session_id = session.session_id
two.session_table[session.session_id] = session
bound.connect()
bound.tree_connect_table = session.tree_connect_table
channels = (one, two)
def opened(name, new):
    file = Open(tree, name)
    access = FilePipePrinterAccessMask.GENERIC_WRITE if new else FilePipePrinterAccessMask.GENERIC_READ
    file.create(ImpersonationLevel.Impersonation, access, FileAttributes.FILE_ATTRIBUTE_NORMAL,
                ShareAccess.FILE_SHARE_READ,
                CreateDisposition.FILE_OVERWRITE_IF if new else CreateDisposition.FILE_OPEN,
                CreateOptions.FILE_NON_DIRECTORY_FILE)
    return file
def move(file, make, length, leave=()):
    for number, at in enumerate(range(0, length, STEP)):
        if number in leave:
            continue
        channel = channels[number % 2 if number else 1]
        message, done = make(at)
        done(channel.send(message, sid=session.session_id, tid=tree.tree_connect_id))
def set_end(file, length):
    end = FileEndOfFileInformation()
    end["end_of_file"] = length
    message = SMB2SetInfoRequest()
    message["info_type"] = 1
    message["file_info_class"] = 20
    message["file_id"] = file.file_id
    message["buffer"] = end.pack()
    one.receive(one.send(message, sid=session.session_id, tid=tree.tree_connect_id))
for turn, name in enumerate(names):
    data = open(name, "rb").read()
    file = opened(name.rpartition("/")[2], True)
    if turn:
        set_end(file, len(data))
    move(file, lambda at: file.write(data[at:at + STEP], at, send=False), len(data), (2,) if turn == 2 else ())
    file.close(get_attributes=not turn)
file = opened("plan.jpg", False)
move(file, lambda at: file.read(at, min(STEP, file.end_of_file - at), send=False), file.end_of_file)
file.close()
two.disconnect(False)
one.disconnect(False)
"""


def build() -> None:
    """Write nfs.pcapng and smb_multichannel.pcapng."""
    for make in (_nfs, _multichannel):
        with tempfile.TemporaryDirectory() as name:
            make(Path(name))


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


def _multichannel(folder: Path) -> None:
    """Files written and read over two connections of one session, to two addresses of the server."""
    base = folder / "samba"
    for part in ("share", "ncalrpc"):
        (base / part).mkdir(parents=True)
    fetched, left = picture(622, 800, 600), picture(624, 800, 600)
    (base / "share" / "plan.jpg").write_bytes(fetched)
    config = base / "smb.conf"
    more = "server multi channel support = yes\nsmb encrypt = off\n[snap]"
    config.write_text(SMB_CONFIG.format(base=base).replace("[snap]", more))
    password = f"{WORD}\n{WORD}\n".encode()
    subprocess.run(["smbpasswd", "-c", str(config), "-a", "-s", "root"], input=password, check=True)
    sent = {"m621.jpg": picture(621, 800, 600), "m623.jpg": picture(623, 800, 600), "m624.jpg": left}
    for name, data in sent.items():
        (folder / name).write_bytes(data)
    run("ip", "-n", "na-server", "addr", "add", f"{SECOND}/24", "dev", "na-veth1")
    with server("smbd", "-F", "--no-process-group", "-s", str(config), wait=3), captured("smb_multichannel"):
        python("na-device", CHANNELS, SERVER, SECOND, WORD, *(str(folder / name) for name in sent))
    images = [image(0, name, "up", sent[name]) for name in ("m621.jpg", "m623.jpg")]
    images.append(image(0, "plan.jpg", "down", fetched))
    peers = {
        "server": "samba",
        "client": "smbprotocol; the second connection bound with its own messages by a script of this project",
    }
    # of the last picture the bytes from 32768 to 49152 are never sent
    partial = [{"name": "m624.jpg", "missing": [[32768, 49152]], "size": len(left)}]
    expected("smb_multichannel", "smb", peers, images, partial=partial)
