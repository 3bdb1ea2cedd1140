"""The table of all settings, and how each value is read; must not look for files.

Every key here does something today. The documentation's table and the tests are
made from ``KEYS``.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from perfwatch.config.answer_rules import read_yes
from perfwatch.config.experiment_keys import EXPERIMENT_KEYS
from perfwatch.config.gate_keys import GATE_KEYS
from perfwatch.config.key import Key, WrongValueError, listed, near_name, read_duration, read_text
from perfwatch.records.run import PassName

PROCESSES_LIMIT = 1_000
SAMPLES_LIMIT = 1_000_000
ENVIRONMENTS = ("auto", "shared", "isolated")
ENTRY_KEYS = ("run", "name", "setup")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEntry:
    """A configured target: the words of a command line, and what the entry says besides.

    ``where`` is the file and line that it stands in.
    """

    words: tuple[str, ...]
    name: str | None = None
    setup: str | None = None
    where: str = ""


def _interpreter(value: object, base: Path) -> str:
    """A bare name is looked up in PATH later; anything else is a path."""
    text = read_text(value, base)
    return (
        str(base / Path(text).expanduser()) if "/" in text or "\\" in text or text.startswith("~") else text
    )


def _store(value: object, base: Path) -> str:
    text = read_text(value, base)
    return text if "://" in text else str(base / Path(text).expanduser())


def _folder(value: object, base: Path) -> Path:
    return base / Path(read_text(value, base)).expanduser()


def _environments(value: object, _base: Path) -> str:
    if value not in ENVIRONMENTS:
        raise WrongValueError(
            f"{value!r} is none of {', '.join(ENVIRONMENTS)}", near=near_name(value, ENVIRONMENTS)
        )
    return str(value)


def _requirements(value: object, _base: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or any(not isinstance(one, str) or not one.strip() for one in value):
        raise WrongValueError(f"{value!r} is not a list of requirements, each a text")
    for index, one in enumerate(value):
        if one.lstrip().startswith("-"):
            raise WrongValueError(f"{one!r} is an option of pip's and no requirement", within=(index,))
    return tuple(value)


def _processes(value: object, _base: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= PROCESSES_LIMIT:
        raise WrongValueError(f"{value!r} is not a whole number from 1 to {PROCESSES_LIMIT}")
    return value


def _samples(value: object, _base: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= SAMPLES_LIMIT:
        raise WrongValueError(f"{value!r} is not a whole number from 1 to {SAMPLES_LIMIT}")
    return value


def _passes(value: object, _base: Path) -> tuple[PassName, ...]:
    """Passes in the order in which they run, each once, whatever the order they are named in."""
    known = [name.value for name in PassName]
    if not isinstance(value, list) or not value:
        raise WrongValueError(f"{value!r} is not a list of passes ({', '.join(known)})")
    for index, name in enumerate(value):
        if name not in known:
            raise WrongValueError(
                f"{name!r} is not a pass ({', '.join(known)})", within=(index,), near=near_name(name, known)
            )
    return tuple(name for name in PassName if name.value in value)


def _yes(value: object, _base: Path) -> bool:
    return read_yes(value)


def _said(text: str) -> object:
    """The environment's word for yes or no; any other is for the reader to refuse."""
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(
        text.lower(), text
    )


def _targets(value: object, _base: Path) -> tuple[TargetEntry, ...]:
    if not isinstance(value, list):
        raise WrongValueError(f"{value!r} is not a list of targets")
    return tuple(_entry(each, index) for index, each in enumerate(value))


def _entry(value: object, index: int) -> TargetEntry:
    """A text is the words of a command line; a table has them under ``run``."""
    if isinstance(value, str):
        return TargetEntry(words=_words(value, (index,)))
    if not isinstance(value, dict):
        raise WrongValueError(f"{value!r} is neither a text nor a table with run = ...", within=(index,))
    for key, part in value.items():
        if key not in ENTRY_KEYS:
            raise WrongValueError(
                f"a target has no key {key!r} ({', '.join(ENTRY_KEYS)})",
                within=(index, key),
                near=near_name(key, ENTRY_KEYS),
            )
        if not isinstance(part, str) or not part.strip():
            raise WrongValueError(f"{part!r} is not a text", within=(index, key))
    if "run" not in value:
        raise WrongValueError("a target's table needs run = ...", within=(index,))
    return TargetEntry(
        words=_words(value["run"], (index, "run")), name=value.get("name"), setup=value.get("setup")
    )


def _words(text: str, within: tuple[str | int, ...]) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise WrongValueError(f"{text!r} does not split into words: {error}", within=within) from error
    if not words:
        raise WrongValueError("a target has no words", within=within)
    return words


def _whole(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text  # for the reader to refuse, in its own words


KEYS = (
    Key(
        name="targets",
        field="targets",
        kind="list of texts, or of tables with run, name and setup",
        doc="What a bare `perfwatch run` measures; each text is split into words as a shell would.",
        example='["scripts/fit.py --small", { run = "pkg.model:fit", setup = "pkg.model:inputs" }]',
        default="what is found in the project",
        read=_targets,
    ),
    Key(
        name="python",
        field="python",
        kind="text",
        doc="The interpreter that runs the target: a path, or a name that is looked up in PATH.",
        example='".venv/bin/python"',
        default="the active environment's",
        read=_interpreter,
        environ="PERFWATCH_PYTHON",
    ),
    Key(
        name="prepare",
        field="prepare",
        kind="text",
        doc="A command that runs before each execution of the target, and is not measured.",
        example='"make clean-cache"',
        default="none",
        read=read_text,
        environ="PERFWATCH_PREPARE",
    ),
    Key(
        name="store",
        field="store",
        kind="path or URL",
        doc="Where runs are kept.",
        example='".perfwatch/perfwatch.db"',
        default=".perfwatch/perfwatch.db",
        read=_store,
        environ="PERFWATCH_STORE",
    ),
    Key(
        name="profile.passes",
        field="passes",
        kind="list of passes",
        doc="Which passes run: timing, cpu, lines, memory, io, gpu.",
        example='["timing", "cpu"]',
        default="all",
        read=_passes,
        environ="PERFWATCH_PASSES",
        from_text=listed,
    ),
    Key(
        name="profile.budget",
        field="budget_ns",
        kind="duration",
        doc="How long the measuring of the whole command may take.",
        example='"10m"',
        default="10m",
        read=read_duration,
        environ="PERFWATCH_BUDGET",
    ),
    Key(
        name="profile.per-benchmark",
        field="per_benchmark_ns",
        kind="duration",
        doc="How long the timing of one benchmark may take.",
        example='"15s"',
        default="15s",
        read=read_duration,
        environ="PERFWATCH_PER_BENCHMARK",
    ),
    Key(
        name="profile.timeout",
        field="timeout_ns",
        kind="duration",
        doc="After how long one execution of the target is ended.",
        example='"5m"',
        default="none",
        read=read_duration,
        environ="PERFWATCH_TIMEOUT",
    ),
    Key(
        name="profile.processes",
        field="processes_count",
        kind="whole number",
        doc="How many processes time a benchmark, at most.",
        example="5",
        default="5",
        read=_processes,
        environ="PERFWATCH_PROCESSES",
        from_text=_whole,
    ),
    Key(
        name="profile.samples",
        field="samples_count",
        kind="whole number",
        doc="How many samples of a benchmark are enough; a short script is executed again until it has them.",
        example="400",
        default="400",
        read=_samples,
        environ="PERFWATCH_SAMPLES",
        from_text=_whole,
    ),
    Key(
        name="profile.experiments",
        field="diagnosis_experiments",
        kind="true or false",
        doc="Whether the diagnosis may execute the target again to try what it wants to know beyond the passes.",
        example="false",
        default="true",
        read=_yes,
        environ="PERFWATCH_EXPERIMENTS",
        from_text=_said,
    ),
    *GATE_KEYS,
    *EXPERIMENT_KEYS,
    Key(
        name="gate.env",
        field="environments",
        kind="auto, shared or isolated",
        doc="Whether both sides of a gate share the current environment, or each has one of its own.",
        example='"isolated"',
        default="auto",
        read=_environments,
        environ="PERFWATCH_ENV",
    ),
    Key(
        name="gate.build",
        field="build",
        kind="text",
        doc="The command that installs a tree into the environment that is active, for isolated sides.",
        example='"pip install --no-build-isolation ."',
        default="pip install of the tree",
        read=read_text,
        environ="PERFWATCH_BUILD",
    ),
    Key(
        name="gate.requirements",
        field="requirements",
        kind="list of requirements",
        doc="What the benchmarks of isolated sides need beside the project's own dependencies.",
        example='["pytest", "hypothesis>=6"]',
        default="pytest and pytest-benchmark for suites, as the current environment has them",
        read=_requirements,
        environ="PERFWATCH_REQUIREMENTS",
        from_text=listed,
    ),
    Key(
        name="report.dir",
        field="report_dir",
        kind="path",
        doc="The folder that reports are written to.",
        example='"performance"',
        default=".perfwatch/reports",
        read=_folder,
        environ="PERFWATCH_OUT",
    ),
)

#: The tables that group them.
TABLES = tuple(dict.fromkeys(key.name.partition(".")[0] for key in KEYS if "." in key.name))
