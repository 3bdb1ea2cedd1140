"""Array functions called on one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import SCALAR_FUNCTIONS, Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://numpy.org/doc/stable/reference/ufuncs.html"
_MANY = 1_000
_MATH = {"abs": "abs", "absolute": "abs", "maximum": "max", "minimum": "min", "arcsin": "math.asin",
         "arccos": "math.acos", "arctan": "math.atan", "arctan2": "math.atan2", "power": "math.pow",
         "round": "round", "square": "x * x", "deg2rad": "math.radians", "rad2deg": "math.degrees",
         "clip": "min(max(x, low), high)", "sign": "math.copysign"}  # fmt: skip


def find(scene: Scene) -> Iterator[Suspect]:
    """``np.exp(x)`` with ``x`` a plain number, thousands of times."""
    for site in scene.sites:
        if site.hits < _MANY and scene.times(site, site.statement) < _MANY:
            continue
        named = []
        for call in site.calls():
            full = site.module.dotted(call.func)
            name = full.removeprefix("numpy.")
            if full.startswith("numpy.") and name in SCALAR_FUNCTIONS and call.args:
                kinds = {scene.kind(site, one) for one in call.args}
                if kinds <= {Kind.NUMBER} and name != "float64":
                    named.append(name)
        if named:
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.own,
                mechanism=f"numpy.{named[0]} is handed one number at a time: {each_alone(scene, site)}; "
                "most of such a call is spent on treating the number as an array",
                evidence={"calls_count": site.hits * len(named)},
                advice=Advice(
                    summary=f"Use {_MATH.get(named[0], 'math.' + named[0])} for single numbers, or hand a whole array over.",
                    code=f"{_MATH.get(named[0], 'math.' + named[0])}(...)",
                    risk="math raises where numpy returns nan or inf; the last digit may differ.",
                    reference=_REFERENCE,
                ),
                sure=Grade.MEDIUM,
            )


RULE = Rule(
    slug="scalar-ufunc",
    title="Array functions on single numbers",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function of numpy that math has, too, with arguments that the source shows to be numbers, 1,000 times and more",
    limits="numbers that come from where the source does not show them are not known as such",
    source=_REFERENCE,
    find=find,
)
