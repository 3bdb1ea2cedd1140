"""A model asked once about all rows, in front of the loop that asked it about each."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.purity import is_pure
from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import is_untouched, root, statement_of, variables
from perfwatch.diagnose.source import bound_in, called_name, header_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Methods that answer each row for itself.
_ASKED = frozenset(
    ["predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples", "transform"]
)
_WRAPPERS = frozenset({"numpy.array", "numpy.asarray", "numpy.atleast_2d"})


@dataclass(frozen=True, eq=False, kw_only=True)
class _Question:
    """A call about one row: what is taken of its answer, the row, and the loop or comprehension that repeats it."""

    call: ast.Call
    taken: ast.Subscript
    row: str
    reads: set[str]
    repeat: ast.For | ast.comprehension
    around: ast.AST


def predict_at_once(asked: Asked) -> Changed | Refused:
    """Ask about all rows in front of the loop, and hand each turn its own answer."""
    refusal = Refused(
        reason="no question about one row of the loop's, with the first answer taken from it, is on the line"
    )
    for question in _questions(asked):
        why = _why_not(asked, question)
        if not why:
            return _changed(asked, question)
        refusal = Refused(reason=why)
    return refusal


def _questions(asked: Asked) -> Iterator[_Question]:
    module = asked.module
    for call in header_parts(asked.statement):
        if not (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and called_name(call) in _ASKED
        ):
            continue
        taken, around = module.parents.get(call), next(iter(module.loops_around(call)), None)
        if (
            len(call.args) != 1
            or call.keywords
            or not isinstance(taken, ast.Subscript)
            or not _is_first(taken)
        ):
            continue
        repeat = around.generators[0] if isinstance(around, ast.ListComp) else around
        row = _row(asked, call.args[0])
        if row is None or not isinstance(repeat, (ast.For, ast.comprehension)):
            continue
        reads = variables(module, call.args[0])
        yield _Question(call=call, taken=taken, row=row, reads=reads, repeat=repeat, around=around)  # type: ignore[arg-type]


def _is_first(taken: ast.Subscript) -> bool:
    """Whether ``[0]`` or ``[0, k]`` is taken of an answer."""
    place = (
        taken.slice.elts[0]
        if isinstance(taken.slice, ast.Tuple) and len(taken.slice.elts) == 2
        else taken.slice
    )
    return isinstance(place, ast.Constant) and place.value == 0 and place.value is not False


def _row(asked: Asked, argument: ast.AST) -> str | None:
    """The row in an argument that makes a table of one row from it; ``None`` for another form."""
    module = asked.module
    if isinstance(argument, ast.List) and len(argument.elts) == 1:
        return asked.segment(argument.elts[0])
    if (
        isinstance(argument, ast.Call)
        and len(argument.args) == 1
        and module.dotted(argument.func) in _WRAPPERS
    ):
        inner = argument.args[0]
        whole = module.dotted(argument.func) == "numpy.atleast_2d" and not isinstance(inner, ast.List)
        return asked.segment(inner) if whole else _row(asked, inner) if isinstance(inner, ast.List) else None
    words = module.words(argument).replace(" ", "")
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
        one_row = words.endswith((".reshape(1,-1)", ".reshape((1,-1))"))
        return asked.operand(argument.func.value) if one_row else None
    if isinstance(argument, ast.Subscript):
        if words.endswith(("[None]", "[None,:]", "[np.newaxis]", "[np.newaxis,:]")):
            return asked.operand(argument.value)
        place = argument.slice
        if isinstance(place, ast.Slice) and isinstance(place.lower, ast.Name) and place.step is None:
            i = place.lower.id
            if place.upper is not None and module.words(place.upper).replace(" ", "") == f"{i}+1":
                return f"{asked.operand(argument.value)}[{i}]"
    return None


def _why_not(asked: Asked, question: _Question) -> str:
    module, repeat, around = asked.module, question.repeat, question.around
    targets = {one.id for one in ast.walk(repeat.target) if isinstance(one, ast.Name)}
    if not question.reads & targets:
        return "what is asked about is not what the loop goes over"
    inside = around if isinstance(around, ast.ListComp) else ast.Module(body=repeat.body, type_ignores=[])  # type: ignore[union-attr]
    bound = bound_in(inside) if isinstance(around, ast.For) else set()
    if question.reads & bound or variables(module, question.call.func) & (bound | targets):
        return "what is asked, or what it is asked about, is made in the loop itself"
    if isinstance(around, ast.ListComp) and (len(around.generators) != 1 or repeat.ifs):  # type: ignore[union-attr]
        return "the comprehension has more than one loop, or a condition"
    if isinstance(repeat, ast.For) and repeat.orelse:
        return "the loop has an else"
    if len(module.loops_around(question.call)) > 1 and isinstance(around, ast.ListComp):
        above = module.loops_around(question.call)[1]
        if isinstance(above, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return "the comprehension stands in another one"
    if not isinstance(
        _anchor(asked, question), (ast.For, ast.Assign, ast.AnnAssign, ast.Return, ast.Expr, ast.AugAssign)
    ):
        return "in front of the line there is no place for one question about all rows"
    around_reads = (question.reads - targets) | variables(module, repeat.iter)
    if not is_untouched(asked.program, module, around, around_reads, question.call):
        return "the rows may change while the loop goes over them"
    return "" if _is_same_model(asked, question) else "the model may change while the loop asks it"


def _is_same_model(asked: Asked, question: _Question) -> bool:
    """Whether the loop only asks the model: trains nothing, and hands it to nobody."""
    owner = root(question.call.func.value)  # type: ignore[attr-defined]
    if not owner or owner in bound_in(question.around):
        return False
    for one in ast.walk(question.around):
        if not isinstance(one, ast.Call):
            continue
        asks = isinstance(one.func, ast.Attribute) and root(one.func) == owner and called_name(one) in _ASKED
        handed = any(root(argument) == owner for argument in one.args)
        owns = isinstance(one.func, ast.Attribute) and root(one.func) == owner
        if (handed or (owns and not asks)) and not is_pure(asked.program, asked.module, one):
            return False
    return True


def _anchor(asked: Asked, question: _Question) -> ast.stmt:
    return (
        question.repeat
        if isinstance(question.repeat, ast.For)
        else statement_of(asked.module, question.around)
    )


def _changed(asked: Asked, question: _Question) -> Changed:
    module, repeat = asked.module, question.repeat
    edits = Edits(module)
    rows, answers, answer = asked.fresh("rows"), asked.fresh("answers"), asked.fresh("answer")
    target = asked.segment(repeat.target)
    each = f"({target})" if isinstance(repeat.target, ast.Tuple) and not target.startswith("(") else target
    asking = module.words(question.call.func)
    about = rows if question.row == target else f"[{question.row} for {target} in {rows}]"
    edits.before(
        _anchor(asked, question),
        f"{rows} = list({asked.segment(repeat.iter)})",
        f"{answers} = {asking}({about}) if {rows} else []",
    )
    edits.replace(repeat.target, f"{each}, {answer}")
    edits.replace(repeat.iter, f"zip({rows}, {answers})")
    place = question.taken.slice
    part = f"[{module.words(place.elts[1])}]" if isinstance(place, ast.Tuple) else ""
    edits.replace(question.taken, f"{answer}{part}")
    return Changed(text=edits.text(), summary=f"{asking} is asked once about all rows")
