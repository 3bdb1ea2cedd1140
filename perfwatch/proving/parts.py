"""Two values, as ``worker.portable`` wrote them down, on their way through each other, part by part.

It must not run either side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.proving.written import (
    PROOF,
    TEXT_CHARACTERS,
    Answer,
    Node,
    Roles,
    as_array,
    class_of,
    cut,
    is_kept,
    is_numeric,
    items_of,
    named,
)
from perfwatch.records.proof import AnswerDifference, AnswerRule, Ignored
from perfwatch.stats.closeness import closeness

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from perfwatch.stats.closeness import Closeness

#: The numbers of two opaque objects, in the reference's value and in the candidate's.
Pair = tuple[int, int]
#: What such two said of each other in a process that held both: equal or not (or neither), and by what.
Held = tuple[bool | None, str]
#: Said of an object whose class tells nothing about it.
SHOWS_NOTHING = "which shows nothing of what it holds"
#: Parts that differ beyond these are counted and not kept.
PARTS_AT_MOST = 1_000


@dataclass(slots=True)
class Comparison:
    """Two answers on their way through each other; what differs is noted.

    ``unseen`` collects the opaque objects of the values; ``held`` is what is known of such.
    ``beside`` says that what is compared is not the value, where they have other numbers,
    ``in_state`` that it is what a pickler would get: raw memory in it (``raw_differs``) may hold addresses.
    """

    base: Answer
    head: Answer
    rule: AnswerRule
    roles: Roles = PROOF
    parts: list[AnswerDifference] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    held: Mapping[Pair, Held] = field(default_factory=dict)
    unseen: list[Pair] = field(default_factory=list)
    beside: bool = False
    in_state: int = 0
    raw_differs: bool = False
    uncertain: str = ""
    elements_count: int = 0
    differing_count: int = 0
    greatest_ratio: float = 0.0
    greatest_ulp_count: int | None = None
    where_greatest: tuple[str, tuple[int, ...]] = ("", ())

    def differs(self, where: str, reason: str) -> None:
        """Note a part that is not the same."""
        self.differing_count += 1
        self.elements_count += 1
        self._keep(AnswerDifference(equal=False, where=where, reason=reason, greatest_ratio=math.inf))

    def other(self, where: str, base: object, head: object) -> None:
        """Note a part that is one thing on one side and another on the other."""
        self.differs(where, f"{base} in {self.roles.base}, {head} in {self.roles.head}")

    def one_sided(self, where: str, *, base: bool) -> None:
        """Note a part that one side alone has."""
        self.differs(where, f"only {self.roles.base if base else self.roles.head} has it")

    def same(self) -> None:
        """Count a part that is."""
        self.elements_count += 1

    def _keep(self, part: AnswerDifference) -> None:
        if len(self.parts) < PARTS_AT_MOST:
            self.parts.append(part)

    def nodes(self, where: str, base: Node, head: Node) -> None:
        """Compare two nodes."""
        if base.get("cut") or head.get("cut"):
            self.uncertain = (
                self.uncertain or f"{where or 'the value'} has too many parts: not all were compared"
            )
        if not self._masks(where, base, head):
            return
        if not (is_kept(base) and is_kept(head)):
            self._unkept(where, base, head)
        elif is_numeric(base) and is_numeric(head):
            self._numbers(where, base, head)
        elif base["is"] != head["is"] and {base["is"], head["is"]} != {"items", "numbers"}:
            self.other(where, named(base), named(head))
        else:
            _BY_KIND[base["is"] if base["is"] == head["is"] else "items"](self, where, base, head)

    def _unkept(self, where: str, base: Node, head: Node) -> None:
        """Data too long to be kept: equal bytes are the same, and of others nobody knows how far they are apart."""
        first, second = (
            {key: node[key] for key in node if key not in ("at", "mask")} for node in (base, head)
        )
        if "at" not in base or "at" not in head or first != second:
            self.other(where, named(base), named(head))
        elif self.base.digest_at(base) == self.head.digest_at(head):
            self.same()
        else:
            self.uncertain = (
                self.uncertain or f"{where or 'the value'} is too large to be compared part by part"
            )

    def nothing(self, _where: str, _base: Node, _head: Node) -> None:
        """None is None."""
        self.same()

    def texts(self, where: str, base: Node, head: Node) -> None:
        """Text is equal or not."""
        first, second = self.base.text(base), self.head.text(head)
        if first == second:
            self.same()
            return
        place = next(
            (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
            min(len(first), len(second)),
        )
        told = f"{cut(first[max(0, place - 20) :])!r} against {cut(second[max(0, place - 20) :])!r}"
        self.differs(where, f"text differs from character {place} on: {told}")

    def raw(self, where: str, base: Node, head: Node) -> None:
        """Bytes are equal or not."""
        if self.base.bytes_at(base) == self.head.bytes_at(head):
            self.same()
        elif self.in_state:
            self.raw_differs = True
        else:
            self.differs(where, "bytes differ")

    def told(self, where: str, base: Node, head: Node) -> None:
        """Values that are told apart by their text."""
        if (base["class"], base["text"]) == (head["class"], head["text"]):
            self.same()
        else:
            self.differs(where, f"{base['text'][:TEXT_CHARACTERS]} against {head['text'][:TEXT_CHARACTERS]}")

    def opaque(self, where: str, base: Node, head: Node) -> None:
        """Objects that show nothing of what they hold: their names agree, or they were held against each other."""
        if base["class"] != head["class"]:
            self.other(where, f"a {base['class']}", f"a {head['class']}")
        elif base["text"] and base["text"] == head["text"]:
            self.same()
        else:
            self._unseen(where, base, head)

    def _unseen(self, where: str, base: Node, head: Node) -> None:
        same, way = None, ""
        if not self.beside and "number" in base and "number" in head:
            pair = (base["number"], head["number"])
            self.unseen.append(pair)
            same, way = self.held.get(pair, (None, ""))
        kind = base["class"]
        if same:
            self.notes[f"{kind}: compared where both sides' objects were, by {way}"] = None
            self.same()
        elif same is False:
            self.differs(where, f"two objects of {kind} that differ by {way}")
        else:
            why = f" ({way})" if way else ""
            self.uncertain = self.uncertain or (f"{where or 'the value'} is a {kind}, {SHOWS_NOTHING}{why}")

    def states(self, where: str, base: Node, head: Node) -> None:
        """What objects would hand to a pickler: equal states are equal objects, other raw memory need not be another one."""
        if base["class"] != head["class"]:
            self.other(where, f"a {base['class']}", f"a {head['class']}")
            return
        around, self.raw_differs = self.raw_differs, False
        self.in_state += 1
        self.nodes(f"{where} (state)", base["state"], head["state"])
        self.in_state -= 1
        if self.raw_differs:
            self._unseen(where, base, head)
        self.raw_differs = around

    def cycles(self, where: str, base: Node, head: Node) -> None:
        """References back to what is around them."""
        if base["up"] == head["up"]:
            self.same()
        else:
            self.differs(where, "refers back to another object")

    def errors(self, where: str, base: Node, head: Node) -> None:
        """Exceptions are of the same class."""
        if base["class"] != head["class"]:
            raised = f"{self.roles.base} raises {base['class']}, {self.roles.head} {head['class']}"
            self.differs(where, raised)
            return
        if base["text"] != head["text"]:
            self.notes["both raise the same kind of exception, with other words"] = None
        self.same()

    def items(self, where: str, base: Node, head: Node) -> None:
        """Containers in an order."""
        if base["class"] != head["class"]:
            self.other(where, f"a {class_of(base)}", f"a {class_of(head)}")
            return
        first, second = list(items_of(base, self.base)), list(items_of(head, self.head))
        if len(first) != len(second):
            self.other(where, f"{len(first)} items", len(second))
            return
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            self.nodes(f"{where}[{number}]", one, other)

    def _numbers(self, where: str, base: Node, head: Node) -> None:
        if "numbers" in (base["is"], head["is"]) and base.get("class") != head.get("class"):
            self.other(where, named(base), named(head))
            return
        first, second = as_array(base, self.base), as_array(head, self.head)
        if first is None or second is None:
            self._whole_numbers(where, base, head)
            return
        self.arrays(where, first, second)

    def _whole_numbers(self, where: str, base: Node, head: Node) -> None:
        """Integers beyond what an array holds."""
        if base["is"] == head["is"] and base["value"] == head["value"]:
            self.same()
        else:
            self.differs(where, f"{self.base.short(base)} against {self.head.short(head)}")

    def other_arrays(self, where: str, base: Node, head: Node) -> None:
        """Arrays of text, times, records or objects; those of numbers go another way."""
        if base["shape"] != head["shape"]:
            self.other(where, f"shape {tuple(base['shape'])}", tuple(head["shape"]))
        elif "items" in base and "items" in head:
            for number, (one, other) in enumerate(zip(base["items"], head["items"], strict=True)):
                self.nodes(f"{where}.flat[{number}]", one, other)
        else:
            first, second = self.base.array(base), self.head.array(head)
            if first is None or second is None or first.dtype.kind != second.dtype.kind:
                self.other(where, f"dtype {base['dtype']}", head["dtype"])
                return
            self.arrays(where, first, second)

    def _masks(self, where: str, base: Node, head: Node) -> bool:
        """Whether the same elements are masked; values below another mask are not compared."""
        if ("mask" in base) != ("mask" in head):
            self.differs(where, f"a mask in {self.roles.base if 'mask' in base else self.roles.head} alone")
            return False
        before = self.differing_count
        if "mask" in base:
            self.nodes(f"{where}.mask", base["mask"], head["mask"])
        return self.differing_count == before

    def arrays(self, where: str, base: np.ndarray[Any, Any], head: np.ndarray[Any, Any]) -> None:
        """Compare two arrays."""
        if base.shape != head.shape:
            self.other(where, f"shape {base.shape}", head.shape)
            return
        if base.dtype.newbyteorder("=") != head.dtype.newbyteorder("=") and self._dtype_matters(base, head):
            self.other(where, f"dtype {base.dtype}", head.dtype)
            return
        found = closeness(base, head, self.rule)
        if found.differing_count and self.in_state and base.dtype.kind in "SV" and base.dtype.names is None:
            self.raw_differs = True
            return
        self.elements_count += found.elements_count
        self.differing_count += found.differing_count
        if found.greatest_ulp_count is not None:
            self.greatest_ulp_count = max(self.greatest_ulp_count or 0, found.greatest_ulp_count)
        if found.greatest_ratio > self.greatest_ratio:
            self.greatest_ratio, self.where_greatest = found.greatest_ratio, (where, found.index)
        if found.zero_signs_count and not self.rule.exact:
            self.notes["zeros have another sign in places"] = None
        if found.differing_count:
            self._keep(
                AnswerDifference(
                    equal=False,
                    where=where,
                    index=found.index,
                    reason=_told(base, head, found),
                    greatest_ratio=found.greatest_ratio,
                    greatest_ulp_count=found.greatest_ulp_count,
                    differing_count=found.differing_count,
                    elements_count=found.elements_count,
                )
            )

    def _dtype_matters(self, base: np.ndarray[Any, Any], head: np.ndarray[Any, Any]) -> bool:
        """Whether another dtype is another answer: not where a tolerance was asked for, or it was said not to."""
        if base.dtype.kind in "SU" and base.dtype.kind == head.dtype.kind:
            return False  # text as wide as its longest
        asked = self.rule.rtol is not None or self.rule.atol is not None
        loose = asked or Ignored.DTYPE in self.rule.ignored
        if loose and not self.rule.exact and {base.dtype.kind, head.dtype.kind} <= set("biufc"):
            self.notes[f"dtype {base.dtype} in {self.roles.base}, {head.dtype} in {self.roles.head}"] = None
            return False
        return True

    def mappings(self, where: str, base: Node, head: Node) -> None:
        """Mappings, in whatever order their keys come."""
        first = {self.base.canonical(key): (key, value) for key, value in base["items"]}
        second = {self.head.canonical(key): (key, value) for key, value in head["items"]}
        for digest, (key, value) in first.items():
            name = f"{where}[{self.base.short(key)}]"
            if digest in second:
                self.nodes(name, value, second[digest][1])
            else:
                self.one_sided(name, base=True)
        for digest, (key, _) in second.items():
            if digest not in first:
                self.one_sided(f"{where}[{self.head.short(key)}]", base=False)

    def sets(self, where: str, base: Node, head: Node) -> None:
        """Sets, by what is in one alone."""
        first = {self.base.canonical(one): self.base.short(one) for one in base["items"]}
        second = {self.head.canonical(one): self.head.short(one) for one in head["items"]}
        odd = [text for digest, text in (first | second).items() if (digest in first) != (digest in second)]
        if odd:
            self.differs(where, f"on one side alone: {', '.join(sorted(odd)[:5])}")
        else:
            self.same()

    def fields(self, where: str, base: Node, head: Node) -> None:
        """Objects, part by part."""
        if class_of(base) != class_of(head):
            self.other(where, f"a {class_of(base)}", f"a {class_of(head)}")
            return
        first, second = dict(base["items"]), dict(head["items"])
        if not first and not second:
            self.same()
        for name in dict.fromkeys((*first, *second)):
            part = f"{where}{_step(name)}"
            if name not in first or name not in second:
                self.one_sided(part, base=name in first)
            else:
                self.nodes(part, first[name], second[name])


#: How two nodes of a kind are compared; numbers go another way.
_BY_KIND: dict[str, Callable[[Comparison, str, Node, Node], None]] = {
    "none": Comparison.nothing,
    "str": Comparison.texts,
    "bytes": Comparison.raw,
    "text": Comparison.told,
    "opaque": Comparison.opaque,
    "state": Comparison.states,
    "cycle": Comparison.cycles,
    "error": Comparison.errors,
    "items": Comparison.items,
    "array": Comparison.other_arrays,
    "mapping": Comparison.mappings,
    "set": Comparison.sets,
    "fields": Comparison.fields,
}


def _step(name: str) -> str:
    """How a part of an object is written behind it: an attribute, a column, what is no attribute."""
    return name if name.startswith("[") else f" {name}" if name.startswith("(") else f".{name}"


def _told(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any], found: Closeness) -> str:
    """Which element is farthest off, by how much of itself, and how many others are."""
    place = f" at {list(found.index)}" if found.index else ""
    many = (
        f"{found.differing_count} of {base.size} elements differ, most{place},"
        if base.size > 1
        else "differs"
    )
    by = f" by {units.figure(found.greatest_ratio)} of itself" if 0 < found.greatest_ratio < math.inf else ""
    also = "; what is not a number is elsewhere" if found.nan_pattern else ""
    said = f"{many}{by}" if by else many.rstrip(",")
    return f"{said}: {base[found.index]!s} against {head[found.index]!s}{also}"
