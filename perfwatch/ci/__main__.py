"""``python -m perfwatch.ci STEP``: run one step, and turn its errors into codes and into an annotation."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from perfwatch.ci.steps import comment, measure, verdict
from perfwatch.ci.workflow import Workflow
from perfwatch.errors import ExitCode, PerfwatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Every step by its word, in the order of the action.
STEPS: dict[str, Callable[[Mapping[str, str], Workflow], int]] = {
    "measure": measure,
    "comment": comment,
    "verdict": verdict,
}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the step that is named; return the process status."""
    workflow = Workflow(environ, sys.stdout)
    try:
        if len(arguments) != 1 or arguments[0] not in STEPS:
            raise UsageError(
                f"There is no step {' '.join(arguments)!r}.",
                means="Nothing was done.",
                do=f"Name one: python -m perfwatch.ci {'|'.join(STEPS)}",
            )
        return STEPS[arguments[0]](environ, workflow)
    except PerfwatchError as error:
        workflow.annotate("error", str(error))
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
