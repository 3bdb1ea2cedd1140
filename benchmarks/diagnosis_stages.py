"""Records what perfwatch measures of each stage of the bundled workloads, in its reference and its optimised form.

The runs are kept under ``tests/diagnosis/evidence/stages/``, where the tests diagnose them by
the rules of today. ``--each`` prints what each stage is told now.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "diagnosis"))

from recording import measured_in
from stage_bottlenecks import FORMS, STAGES, case_of, evidence_of, row, stored

from perfwatch.diagnose import diagnose
from perfwatch.store.documents import pack

PASSES = "timing,cpu,lines,memory,io"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stage", action="append", help="workload/stage; may be given again")
    parser.add_argument("--record", action="store_true", help="measure, where no run is kept yet")
    parser.add_argument(
        "--again", action="store_true", help="with --record: measure those that are kept, too"
    )
    parser.add_argument("--each", action="store_true", help="print what each stage is told")
    parser.add_argument("--markdown", action="store_true", help="print the rows of docs/diagnosis-review.md")
    arguments = parser.parse_args()
    for stage in arguments.stage or STAGES:
        for form in FORMS:
            if arguments.record and (arguments.again or not evidence_of(stage, form).exists()):
                record(stage, form)
            if arguments.each and evidence_of(stage, form).exists():
                told(stage, form)
        if arguments.markdown:
            print(row(stage))


def record(stage, form):
    with tempfile.TemporaryDirectory(prefix="perfwatch-stages-") as folder:
        run = measured_in(Path(folder), f"workload:{case_of(stage, form)}", "--passes", PASSES)
    kept = evidence_of(stage, form)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pack(run))
    print(f"{stage}@{form}: {kept.stat().st_size:,} bytes", flush=True)


def told(stage, form):
    print(f"{stage}@{form}")
    for one in diagnose(stored(stage, form)).ranked:
        place = f"{Path(one.file).name}:{one.line_start}-{one.line_end} {one.function}"
        print(
            f"    {one.rule:24} {one.share_ratio:4.0%} {one.ceiling_ratio:6.2f}x {one.confidence:6} {place}"
        )


if __name__ == "__main__":
    main()
