"""A lock of the system on an open file, which goes with its process however that ends.

POSIX has `flock` (fcntl), Windows locks a byte far behind the end of the file (msvcrt), so that others can read it.
"""

from __future__ import annotations

import errno
import os

_FAR = 1 << 40  # the byte that is locked on Windows, where a locked byte cannot be read
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def locked(file: int) -> bool:
    """Lock an open file until it is closed; False when another has it. Raises OSError where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return _locked_on_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise
        return False
    return True


def _locked_on_windows(file: int) -> bool:
    import msvcrt

    os.lseek(file, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    finally:
        os.lseek(file, 0, os.SEEK_SET)
    return True
