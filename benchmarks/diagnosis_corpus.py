"""Records what perfwatch measures of each programme of the corpus, and scores the diagnosis of it.

``--record`` runs ``perfwatch run`` on each programme (without its marks) in a folder of its
own, and keeps the run under ``tests/diagnosis/evidence/``; without it the kept runs are
diagnosed by the rules of today and scored. Prints, for each half, how often the right line,
the right class and both came first, decoys first, wrong advice and false alarms, with Wilson's
95% intervals, and then each class.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "diagnosis"))

from corpus_scores import CORPUS, EVIDENCE, HALVES, Tally, bare, score, stored, summary, truth
from recording import measured_in

from perfwatch.store.documents import pack

PASSES = "timing,cpu,lines,memory,io"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--name", action="append", help="this programme alone; may be given again")
    parser.add_argument("--record", action="store_true", help="measure, where no run is kept yet")
    parser.add_argument(
        "--again", action="store_true", help="with --record: measure those that are kept, too"
    )
    parser.add_argument(
        "--each", action="store_true", help="print a line for each programme that was not right"
    )
    parser.add_argument("--markdown", action="store_true", help="print the rows of docs/diagnosis-review.md")
    arguments = parser.parse_args()
    for half in arguments.half or HALVES:
        names = [name for name in truth(half) if not arguments.name or name in arguments.name]
        if arguments.record:
            for name in names:
                record(half, name, again=arguments.again)
        show(half, [name for name in names if (EVIDENCE / half / f"{name}.run").exists()], arguments)


def record(half, name, *, again):
    kept = EVIDENCE / half / f"{name}.run"
    if kept.exists() and not again:
        return
    with tempfile.TemporaryDirectory(prefix="perfwatch-corpus-") as folder:
        text = (CORPUS / half / f"{name}.py").read_text(encoding="utf-8")
        (Path(folder) / f"{name}.py").write_text(bare(text), encoding="utf-8")
        try:
            run = measured_in(Path(folder), f"{name}.py", "--passes", PASSES)
        except RuntimeError as error:
            print(f"{half}/{error}", flush=True)
            return
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pack(run))
    print(f"{half}/{name}: {kept.stat().st_size:,} bytes", flush=True)


def show(half, names, arguments):
    scores = [score(half, name, stored(half, name)) for name in names]
    print(f"{half}: {len(scores)} programmes")
    if arguments.markdown:
        for what, tally in summary(scores).items():
            print(f"| {half}, now | {what} | {tally.words} |")
        return
    for what, tally in summary(scores).items():
        print(f"    {what:13} {tally.words}" + (f"  {', '.join(tally.names)}" if arguments.each else ""))
    classes = defaultdict(Tally)
    for one in scores:
        classes[one.cause].add(
            one.name, one.both if one.cause != "nothing" else one.first is None, named_where=False
        )
    for cause, tally in sorted(classes.items()):
        print(f"        {cause:24} {tally.count} of {tally.whole}")
    if arguments.each:
        for one in scores:
            if one.first is None or not one.both:
                told = (
                    "nothing"
                    if one.first is None
                    else (
                        f"{one.first.rule} at {one.first.line_start}-{one.first.line_end}, {one.first.confidence}, "
                        f"{one.first.share_ratio:.0%}"
                    )
                )
                print(f"        {one.name} ({one.cause}): {told}")


if __name__ == "__main__":
    main()
