"""Every way to wait, beside computing: sleep, a child, a pipe, the disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from witness import Witness, tell

BLOCK = bytes(1_000_000)
DRIP = "while sleep 0.02; do printf x || exit; done"


def ran():
    """Seconds that this thread ran or was ready to run: whoever waits for a processor waits for nothing else."""
    try:
        on_processor, ready, _ = Path("/proc/thread-self/schedstat").read_text().split()
    except OSError:
        return time.thread_time()  # a kernel without these figures: true on a machine that has room
    return (int(on_processor) + int(ready)) / 1e9


def main():
    witness = Witness()
    dripping = subprocess.Popen(["/bin/sh", "-c", DRIP], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    page = os.open(Path(sys.argv[0]).with_name("page"), os.O_WRONLY | os.O_CREAT, 0o644)
    computed = 0.0
    for _ in witness.turns(2.8):
        while witness.wants("L1", 0.32):
            sha256(BLOCK)  # L1: native
        while witness.wants("L2", 0.25):
            time.sleep(0.008)  # L2: waiting
        while witness.wants("L3", 0.18):
            subprocess.run(["sleep", "0.05"], check=True)  # L3: waiting
        while witness.wants("L4", 0.15):
            os.read(dripping.stdout.fileno(), 1)  # L4: waiting
        os.pwrite(page, BLOCK, 0)
        begun = ran()
        while witness.wants("L5", 0.10):
            os.fsync(page)  # L5: input and output
        computed += ran() - begun
    dripping.kill()
    dripping.wait()
    dripping.stdout.close()
    os.close(page)
    tell(witness.spent, waited={"L5": 1 - computed / witness.spent["L5"]["wall"]})


main()
