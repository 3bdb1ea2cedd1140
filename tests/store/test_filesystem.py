"""Which journal is safe on which file system."""

from __future__ import annotations

import pytest

from perfwatch.store.filesystem import JournalMode, file_system_of, journal_for, journal_on

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home rw,relatime shared:2 master:9 - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/ada/fast rw - xfs /dev/vdb rw
32 22 0:42 / /mnt/my\040disk rw,relatime - fuse.sshfs host:/ rw
33 22 0:43 / /scratch rw - autofs systemd-1 rw
34 33 0:44 / /scratch rw - lustre mgs@tcp:/scratch rw
35 22 0:45 / /odd rw - tmpfs a-name-with - rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/srv/project", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada", "nfs4"),
        ("/homes/ada", "ext4"),
        ("/home/ada/fast/project", "xfs"),
        ("/home/ada/faster", "nfs4"),
        ("/mnt/my disk/project", "fuse.sshfs"),
        ("/scratch/run", "lustre"),
        ("/odd", "tmpfs"),
    ],
)
def test_the_longest_mount_point_decides_and_a_later_mount_covers_an_earlier(path, kind):
    assert file_system_of(path, MOUNTS) == kind


@pytest.mark.parametrize(
    "text", ["", "\n\n", "garbage", "1 2 3 / /x rw", "22 1 254:0 / / rw,relatime shared:1"]
)
def test_a_table_without_mounts_gives_no_answer(text):
    assert file_system_of("/x", text) is None


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "apfs", "fuseblk", "zfs", None])
def test_local_file_systems_get_the_write_ahead_log(kind):
    assert journal_on(kind) is JournalMode.WAL


@pytest.mark.parametrize(
    "kind",
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "lustre",
        "gpfs",
        "beegfs",
        "afs",
        "fuse.sshfs",
        "fuse.rclone",
        "9p",
        "NFS",
    ],
)
def test_network_file_systems_get_the_rollback_journal(kind):
    assert journal_on(kind) is JournalMode.ROLLBACK


def test_this_machines_own_mounts_can_be_read(tmp_path):
    assert journal_for(tmp_path / "perfwatch.db") in JournalMode
