"""Which kind of file system a path lies on, and which journal is safe there.

SQLite's write-ahead log keeps its index in memory that all processes map; over
a network that memory is not shared, and databases break
(https://www.sqlite.org/wal.html, "all processes using a database must be on
the same host computer"). The rollback journal is slower and works wherever
locks do. This module must not open the database.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")

#: File systems that other hosts may write at the same time, and shares of a
#: virtual machine's host, which map memory no better.
_SHARED = frozenset(
    {
        "9p", "acfs", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "cvmfs", "davfs", "dvs", "fhgfs",
        "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs",
        "panfs", "prl_fs", "pvfs2", "quobyte", "smb", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
        "wekafs",
    }
)  # fmt: skip
#: FUSE carries mostly network file systems (sshfs, s3fs, gcsfuse, rclone); these are the local ones.
_LOCAL_FUSE = frozenset(
    {"fuse.fuse-overlayfs", "fuse.encfs", "fuse.gocryptfs", "fuse.bindfs", "fuse.mergerfs"}
)

_ESCAPE = re.compile(r"\\([0-7]{3})")


class JournalMode(StrEnum):
    """SQLite's journal: write-ahead log, or rollback journal."""

    WAL = "wal"
    ROLLBACK = "delete"


def journal_for(path: Path) -> JournalMode:
    r"""Choose the journal for a database at ``path``, whose folder exists.

    Without ``/proc/self/mountinfo`` (macOS, Windows) a path is taken for local
    unless it names a server (``\\host\share``).
    """
    folder = path.parent.resolve()
    if folder.drive.startswith("\\\\"):
        return JournalMode.ROLLBACK
    try:
        mounts = _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return JournalMode.WAL
    return journal_on(file_system_of(folder.as_posix(), mounts))


def journal_on(file_system: str | None) -> JournalMode:
    """Choose the journal for a type of file system; an unknown one (``None``) counts as local."""
    if file_system is None:
        return JournalMode.WAL
    name = file_system.lower()
    shared = name in _SHARED or (name.startswith("fuse.") and name not in _LOCAL_FUSE)
    return JournalMode.ROLLBACK if shared else JournalMode.WAL


def file_system_of(path: str, mountinfo: str) -> str | None:
    """Find the type of the file system that holds the absolute ``path``.

    ``mountinfo`` is the text of ``/proc/self/mountinfo`` (man 5 proc): the
    fifth field is the mount point, the first after a lone ``-`` the type. The
    longest mount point above the path wins; of equal ones the later, which
    covers the earlier.
    """
    found, length = None, -1
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if "-" not in fields[6:]:
            continue
        separator = fields.index("-", 6)
        point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4]).rstrip("/")
        if (path == point or path.startswith(point + "/")) and len(point) >= length:
            found, length = fields[separator + 1], len(point)
    return found
