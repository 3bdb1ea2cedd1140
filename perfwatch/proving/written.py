"""What a worker wrote down of one side's call, read back; it must not compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = dict[str, Any]
#: The offset of data of which a worker kept a digest alone (``worker.portable``).
NOT_KEPT = -1
TEXT_CHARACTERS = 60
_SCALARS = {"bool": np.bool_, "float": np.float64, "complex": np.complex128}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What the two sides of a comparison are called in its sentences."""

    base: str
    head: str


#: The two sides of a proof.
PROOF = Roles(base="the reference", head="the candidate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one side's call brought: the worker's record, and the data that it points into."""

    record: Mapping[str, Any]
    data: memoryview

    def bytes_at(self, node: Node) -> memoryview:
        """The data of a node; none where they were not kept."""
        start, length, *_ = node["at"]
        return self.data[:0] if start == NOT_KEPT else self.data[start : start + length]

    def digest_at(self, node: Node) -> str:
        """A digest of a node's data, kept or not."""
        start, _, *digest = node["at"]
        return str(digest[0]) if start == NOT_KEPT else hashlib.sha256(self.bytes_at(node)).hexdigest()

    def text(self, node: Node) -> str:
        """The text of a ``str`` node."""
        return bytes(self.bytes_at(node)).decode("utf-8", "surrogatepass")

    def array(self, node: Node) -> np.ndarray[Any, Any] | None:
        """The array of a node; ``None`` where its elements are objects."""
        if "stored" not in node:
            return None
        stored = node["stored"]
        dtype = np.dtype(stored if isinstance(stored, str) else [_field(one) for one in stored])
        return np.frombuffer(self.bytes_at(node), dtype=dtype).reshape(node["shape"])

    def numbers(self, node: Node) -> np.ndarray[Any, Any]:
        """The values of a ``numbers`` node."""
        return np.frombuffer(self.bytes_at(node), dtype=np.float64 if node["letter"] == "d" else np.int64)

    def canonical(self, node: Node) -> str:
        """A digest that equal nodes share, wherever their data lie."""
        return hashlib.sha256(json.dumps(self._resolved(node), sort_keys=True).encode()).hexdigest()

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            mine = {key: self._resolved(item) for key, item in value.items() if key not in {"at", "number"}}
            if "at" in value:
                mine["digest"] = self.digest_at(value)
            if value.get("is") in {"set", "mapping"}:
                mine["items"] = sorted(json.dumps(one, sort_keys=True) for one in mine["items"])
            return mine
        return [self._resolved(item) for item in value] if isinstance(value, list) else value

    def short(self, node: Node) -> str:
        """A node in a few words, for a sentence."""
        kind = node["is"]
        if kind == "str":
            return cut(repr(self.text(node)))
        if kind == "int":
            return cut(str(int(node["value"], 16))) if len(node["value"]) < 1_000 else "a very long integer"
        if kind == "float":
            return repr(float.fromhex(node["value"]))
        if kind in {"none", "bool"}:
            return str(node.get("value"))
        return str(node.get("class") or kind).rpartition(".")[2]


def is_kept(node: Node) -> bool:
    """Whether a node's data are there to be looked at."""
    return "at" not in node or node["at"][0] != NOT_KEPT


def is_numeric(node: Node) -> bool:
    """Whether a node is a number, or numbers."""
    if node["is"] == "array":
        return (
            "stored" in node and np.dtype(node["stored"]).kind in "biufc"
            if isinstance(node.get("stored"), str)
            else False
        )
    return node["is"] in {"bool", "int", "float", "complex", "numbers"}


def as_array(node: Node, answer: Answer) -> np.ndarray[Any, Any] | None:
    """The values of a numeric node; ``None`` of an integer that no array holds."""
    kind = node["is"]
    if kind == "array":
        return answer.array(node)
    if kind == "numbers":
        return answer.numbers(node)
    if kind == "int":
        value = int(node["value"], 16)
        return np.asarray(value, dtype=np.int64) if -(1 << 63) <= value < 1 << 63 else None
    if kind == "float":
        return np.asarray(float.fromhex(node["value"]))
    if kind == "complex":
        return np.asarray(complex(*map(float.fromhex, node["value"])))
    return np.asarray(node["value"], dtype=_SCALARS[kind])


def figures_of(answer: Answer) -> dict[str, float]:
    """The numbers of an answer that is a mapping from texts to numbers; empty for any other."""
    node = answer.record["value"]
    if node["is"] != "mapping":
        return {}
    found = {}
    for key, item in node["items"]:
        if key["is"] == "str" and is_numeric(item) and (value := as_array(item, answer)) is not None:
            found[answer.text(key)] = float(value)
    return found


def items_of(node: Node, answer: Answer) -> Iterator[Node]:
    """The item nodes of a container, packed or not."""
    if node["is"] == "items":
        yield from node["items"]
        return
    whole = node["letter"] == "q"
    for value in answer.numbers(node).tolist():
        yield {"is": "int", "value": hex(value)} if whole else {"is": "float", "value": value.hex()}


def named(node: Node) -> str:
    """What a node is, for a sentence."""
    kind = node["is"]
    if kind == "error":
        return f"{class_of(node)} raised ({cut(str(node['text']))})"
    if kind == "array":
        return f"an array of {node['dtype']}"
    return "None" if kind == "none" else f"a {class_of(node)}"


def class_of(node: Node) -> str:
    """The class of a node without its module: each side may define its own."""
    return str(node.get("class") or node["is"]).rpartition(".")[2]


def cut(text: str) -> str:
    """Text as long as a sentence bears."""
    return text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…"


def _field(one: list[Any]) -> tuple[Any, ...]:
    """A field of a record's descriptor, as NumPy wants it: JSON knows no tuples."""
    name, kind, *shape = one
    inner = kind if isinstance(kind, str) else [_field(each) for each in kind]
    return (name, inner, *(tuple(each) for each in shape))
