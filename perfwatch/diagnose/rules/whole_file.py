"""Files that are held whole to be gone through once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import COMPREHENSIONS, called_name, names_in
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/tutorial/inputoutput.html#methods-of-file-objects"
_TEXTS = frozenset({"read", "read_text", "read_bytes", "readlines"})
_TABLES = frozenset({"read_csv", "read_table", "read_json", "loadtxt", "genfromtxt", "fromfile", "load"})


def find(scene: Scene) -> Iterator[Suspect]:
    """The statement that reads a whole file, where the peak would be lower without it."""
    for holder in holders(scene):
        call = next(
            (
                one
                for one in ast.walk(holder.statement)
                if isinstance(one, ast.Call) and called_name(one) in _TEXTS | _TABLES
            ),
            None,
        )
        if call is None or _in_pieces(call) or not _is_reader(holder.module, call):
            continue
        text = called_name(call) in _TEXTS
        once = _is_gone_through(holder.module, holder.statement, call)
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share,
            resource=Resource.MEMORY,
            mechanism=f"{holder.module.words(call)} holds the whole file: {units.size(holder.held_bytes)} of the peak of "
            f"{units.size(holder.peak_bytes)}, which without it is {units.size(holder.without_bytes)}",
            evidence={"held_bytes": holder.held_bytes, "without_bytes": holder.without_bytes},
            advice=Advice(
                summary="Go through the open file line by line."
                if text
                else "Read it in pieces, or map it into memory.",
                code="with open(path) as lines:\n    for line in lines:"
                if text
                else "pd.read_csv(path, chunksize=100_000)  # np.load(path, mmap_mode='r')",
                risk="What needs all of it at once (a sort, a median) needs another form.",
                reference=_REFERENCE,
            ),
            sure=Grade.LOW if not once else Grade.HIGH if text else Grade.MEDIUM,
        )
        return


def _is_reader(module: Module, call: ast.Call) -> bool:
    """Whether ``load`` is NumPy's: what json or pickle load cannot be had in pieces."""
    return called_name(call) != "load" or module.dotted(call.func) == "numpy.load"


def _is_gone_through(module: Module, statement: ast.AST, call: ast.Call) -> bool:
    """Whether what is read is looped over, and nothing else is done with it."""
    loops = (*COMPREHENSIONS, ast.For, ast.comprehension)
    if isinstance(statement, ast.For) or any(isinstance(one, loops) for one in module.above(call)):
        return True
    targets = names_in(statement.targets[0]) if isinstance(statement, ast.Assign) else set()
    function = module.function_of(statement) or module.tree
    uses = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id in targets and isinstance(one.ctx, ast.Load)
    ]
    return len(uses) == 1 and any(
        isinstance(one, (ast.For, ast.comprehension)) and any(part is uses[0] for part in ast.walk(one.iter))
        for one in module.above(uses[0])
    )


def _in_pieces(call: ast.Call) -> bool:
    """Whether a reader is told to give a piece at a time."""
    pieces = any(
        one.arg in {"chunksize", "iterator", "mmap_mode", "nrows", "max_rows"} for one in call.keywords
    )
    return pieces or (called_name(call) == "read" and bool(call.args))


RULE = Rule(
    slug="whole-file",
    title="A whole file held to go through it once",
    needs=frozenset({PassName.MEMORY}),
    shape="read, readlines, read_text, read_csv, loadtxt or load without pieces, without which the peak would be 5% lower and more",
    limits="where more is done with what was read than one loop over it, it may all be wanted, and the finding is hardly sure",
    source=_REFERENCE,
    find=find,
)
