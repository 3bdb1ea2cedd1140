"""What a worker is asked, as the JSON document that it reads; it must not run anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.records.run import Target, TargetKind
from perfwatch.target.bundled import is_bundled

if TYPE_CHECKING:
    from perfwatch.measure.setting import Setting

_LAUNCHER = Path(__file__).parent.parent / "worker" / "launch.py"


def bare_command(target: Target, setting: Setting) -> tuple[str, ...]:
    """The command that runs a script or module with nothing of ours in it."""
    if target.kind is TargetKind.MODULE:
        return (setting.interpreter, "-m", str(target.module), *target.arguments)
    return (setting.interpreter, typed_path(target, setting), *target.arguments)


def typed_path(target: Target, setting: Setting) -> str:
    """The script's path as its user would type it: ``sys.argv[0]`` is part of what a script sees."""
    path = Path(str(target.path))
    return str(path.relative_to(setting.cwd)) if path.is_relative_to(setting.cwd) else str(path)


def worker_command(
    target: Target, setting: Setting, task: str, names: tuple[str, ...] | None, options: dict[str, Any]
) -> tuple[tuple[str, ...], Path]:
    """Write the request; return the command that serves it and the path of its answer."""
    answer = setting.folder / "answer.json"
    answer.unlink(missing_ok=True)
    request = {
        "answer": str(answer),
        "task": task,
        "names": None if names is None else list(names),
        "options": options,
        "target": _described(target, setting),
        "lent": {"names": list(setting.lent_names), "folders": list(setting.lent_folders)},
        "own": {
            "names": list(setting.served.names),
            "folders": [str(folder) for folder in setting.served.folders],
            "hidden": [str(folder) for folder in setting.served.hidden],
        },
        "append_path": setting.append_path if is_bundled(target) else "",
    }
    path = setting.folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8", errors="surrogateescape")
    return (setting.interpreter, str(_LAUNCHER), str(path)), answer


def _described(target: Target, setting: Setting) -> dict[str, Any]:
    described: dict[str, Any] = {
        "kind": target.kind.value,
        "path": target.path,
        "module": target.module,
        "function": target.function,
        "arguments": list(target.arguments),
        "parameters": dict(target.parameters),
    }
    if target.kind is TargetKind.SCRIPT:
        described["path"] = typed_path(target, setting)
    described["cases"] = described_cases(target)
    return described


def described_cases(target: Target) -> list[dict[str, Any]]:
    """The functions to call, where the target says so without being imported; else none."""
    if target.kind is TargetKind.CALLABLE:
        function = f"{target.module}:{target.function}"
        case: dict[str, Any] = {"name": function, "function": function, "setup": target.setup}
        if "seed" in target.parameters:
            case["setup_offered"] = {"seed": int(target.parameters["seed"])}
        return [case]
    if target.kind is TargetKind.EXPERIMENT:
        return experiment_cases(target)
    return _workload_cases(target) if target.kind is TargetKind.WORKLOAD else []


def experiment_cases(target: Target) -> list[dict[str, Any]]:
    """One case for each size that the target's parameters name, and for each seed; without sizes, one call."""
    told = target.parameters
    sizes = [size for size in told.get("sizes", "").split(",") if size] or [""]
    seeds = [int(seed) for seed in told.get("seeds", "0").split(",")]
    fixed = {
        "function": f"{target.module}:{target.function}",
        "fresh": "fresh" in told,
        "drawn": "drawn" in told,
        "setup": target.setup,
        "setup_is_argument": "whole" in told,
    }
    if "pairs" in told:
        pairs = [[int(number) for number in pair.split(":")] for pair in told["pairs"].split(",")]
        held = {"pairs": pairs, "candidate": told["candidate"]}
        return [
            {"name": size_name(size), "setup_offered": _offered(size, 0), **fixed, **held} for size in sizes
        ]
    if "rule" in told:
        judged = {"rule": told["rule"], "candidate": told["candidate"], "seeds": seeds}
        return [
            {"name": size_name(size), "setup_offered": _offered(size, 0), **fixed, **judged} for size in sizes
        ]
    return [
        {
            "name": size_name(size, seed if len(seeds) > 1 else None),
            "setup_offered": _offered(size, seed),
            **fixed,
        }
        for size in sizes
        for seed in seeds
    ]


def _offered(size: str, seed: int) -> dict[str, Any]:
    """What the function that makes the inputs may take, by name."""
    return {"seed": seed} | ({"size": _size(size)} if size else {})


def size_name(size: str, seed: int | None = None) -> str:
    """What an experiment's benchmark of a size is called, and the one of a seed where there are several."""
    name = f"size={size}" if size else "call"
    return name if seed is None else f"{name} seed={seed}"


def _size(text: str) -> int | float | str:
    """A size as the inputs are asked for it: a number where it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _workload_cases(target: Target) -> list[dict[str, Any]]:
    from perfwatch.workloads.catalogue import find_workload

    size, seed = target.parameters["size"], int(target.parameters["seed"])
    return [
        {
            "name": case.name,
            "group": case.group,
            "function": case.function,
            "setup": case.inputs,
            "setup_arguments": [size, seed],
            "setup_is_argument": True,
            "parameters": {"size": size, "seed": str(seed)},
        }
        for case in find_workload(target.name)
    ]
