"""How many operations a NumPy statement does and how many bytes it moves, read off the arrays that it is about to work on.

Nothing of the target's is called: names are looked up in a frame, attributes in an
object's own dictionary, and results are told by their shapes alone. What is not understood makes
the whole statement unknown; half an amount would be a wrong one.
"""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

#: A product and a sum of complex numbers are eight operations, of real ones two.
_COMPLEX = 4
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr, ast.BitXor)
#: Element by element at the speed of memory; exponentials and totals are bound by their own arithmetic.
_PASSES = frozenset({
    "add", "subtract", "multiply", "divide", "true_divide", "negative", "absolute", "conjugate", "square",
    "maximum", "minimum", "fmax", "fmin", "greater", "greater_equal", "less", "less_equal", "equal",
    "not_equal", "logical_and", "logical_or", "logical_not", "bitwise_and", "bitwise_or", "sign", "isnan",
    "isfinite",
})  # fmt: skip
_COPIES = frozenset({"copy", "array", "ascontiguousarray", "asfortranarray"})
_VIEWS = frozenset({"asarray", "ravel", "reshape", "transpose", "squeeze"})
#: Characters of the user's that a reason repeats.
_WORDS = 80
#: ``None`` stands for a number of which nothing is known.
_NUMBERS = (bool, int, float, complex, type(None))
_FREE = (len, range, float, int, bool)


class UnknownError(Exception):
    """Something whose amount cannot be told."""


@dataclass(frozen=True)
class Array:
    """What is known of an array that is there or will be: shape and type."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def size(self) -> int:
        """How many elements it has."""
        found = 1
        for one in self.shape:
            found *= one
        return found

    @property
    def bytes(self) -> int:
        """How many bytes its elements take."""
        return self.size * int(self.dtype.itemsize)


@dataclass(frozen=True)
class Piece:
    """One operation: ``flops`` in arithmetic of the type ``kind`` (a NumPy character), ``bytes`` that it reads and writes.

    ``sides`` are rows, inner length and columns of a product of matrices.
    """

    flops: int
    bytes: int
    kind: str
    sides: tuple[int, int, int] | None = None


@dataclass
class Amounts:
    """What one execution of a statement amounts to, gathered while it is read."""

    frame: FrameType
    numpy: Any
    pieces: list[Piece] = field(default_factory=list)

    def of(self, statement: ast.stmt) -> list[Piece]:
        """Return the statement's operations; raises ``UnknownError`` where one is not understood."""
        self.pieces = []
        if isinstance(statement, ast.AugAssign):
            target, value = self._read(statement.target), self._value(statement.value)
            self._arithmetic(statement.op, target, value)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr)):
            value = None if statement.value is None else self._value(statement.value)
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            for target in targets:
                self._stored(target, value)
        else:
            raise UnknownError(type(statement).__name__)
        return self.pieces

    def _stored(self, target: ast.expr, value: Any) -> None:
        """What is written into a part of an array is moved once more."""
        if isinstance(target, ast.Subscript):
            part = self._read(target)
            if isinstance(part, Array):
                self._moves(part, *([value] if isinstance(value, Array) else []))

    def _read(self, node: ast.expr) -> Any:
        """The value of what is written to."""
        if isinstance(node, ast.Name):
            return self._name(node.id)
        return self._attribute(node) if isinstance(node, ast.Attribute) else self._part(node)

    def _value(self, node: ast.expr) -> Any:
        reader = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if reader is None:
            raise UnknownError(type(node).__name__)
        return reader(node)

    def _of_constant(self, node: ast.Constant) -> Any:
        return node.value

    def _of_name(self, node: ast.Name) -> Any:
        return self._name(node.id)

    def _of_attribute(self, node: ast.Attribute) -> Any:
        return self._attribute(node)

    def _of_subscript(self, node: ast.Subscript) -> Any:
        return self._part(node)

    def _of_tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._value(one) for one in node.elts)

    def _of_unaryop(self, node: ast.UnaryOp) -> Any:
        value = self._value(node.operand)
        if not isinstance(value, Array):
            return _number(value, node.op)
        self._moves(value, value)
        return value

    def _of_binop(self, node: ast.BinOp) -> Any:
        left, right = self._value(node.left), self._value(node.right)
        if isinstance(node.op, ast.MatMult):
            return self._product(left, right, same=_is_transposed(node.left, node.right))
        return self._arithmetic(node.op, left, right)

    def _of_compare(self, node: ast.Compare) -> Any:
        if len(node.ops) != 1:
            raise UnknownError("a chain of comparisons")
        made = self._elementwise([self._value(node.left), self._value(node.comparators[0])], moves=False)
        if not isinstance(made, Array):
            return made
        answer = Array(made.shape, self.numpy.dtype(bool))
        self._moves(made, answer)
        return answer

    def _of_call(self, node: ast.Call) -> Any:
        given = [self._value(one) for one in node.args]
        named = {one.arg or "": self._value(one.value) for one in node.keywords}
        if isinstance(node.func, ast.Attribute):
            owner = self._value(node.func.value)
            if isinstance(owner, Array):
                return self._named(node.func.attr, [owner, *given], named, node)
        function = self._value(node.func)
        if any(function is one for one in _FREE) and not any(isinstance(one, Array) for one in given[1:]):
            return None
        name = str(getattr(function, "__name__", "a call"))
        if vars(self.numpy).get(name) is function:
            return self._named(name, given, named, node)
        for algebra in (self.numpy.linalg, sys.modules.get("scipy.linalg")):
            if algebra is not None and vars(algebra).get(name) is function:
                return self._algebra(name, given, node)
        raise UnknownError(ast.unparse(node.func)[:_WORDS])

    def _named(self, name: str, given: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
        """A function of NumPy's, or a method of an array."""
        flat = all(isinstance(one, Array) and len(one.shape) <= 2 for one in given)
        if (name == "matmul" or (name == "dot" and flat)) and len(given) == 2 and not named:
            return self._product(
                given[0], given[1], same=_is_transposed(*node.args[-2:]) if len(node.args) == 2 else False
            )
        if name in _PASSES and len(given) <= 2 and named.keys() <= {"out"}:
            return self._elementwise(given)
        first = given[0] if given else None
        if not isinstance(first, Array) or "out" in named or "where" in named:
            raise UnknownError(name)
        if name in _COPIES and len(given) == 1 and not named:
            self._moves(first, first)
            return first
        if name == "astype" and len(given) == 2 and not named:
            made = Array(first.shape, self.numpy.dtype(given[1]))
            self._moves(first, made)
            return made
        if name in _VIEWS:
            return self._viewed(name, first, given[1:], named)
        raise UnknownError(name)

    def _viewed(self, name: str, array: Array, given: list[Any], named: dict[str, Any]) -> Array:
        if named or any(isinstance(one, Array) for one in given):
            raise UnknownError(name)
        if name in {"asarray", "squeeze"}:
            return array
        shape: tuple[int, ...] = (array.size,) if name == "ravel" else ()
        if name == "transpose":
            shape = array.shape[::-1] if not given else getattr(self._stand_in(array), name)(*given).shape
        elif name == "reshape":
            sides = list(given[0]) if len(given) == 1 and isinstance(given[0], tuple) else list(given)
            known = 1
            for one in sides:
                known *= one if one != -1 else 1
            shape = tuple(one if one != -1 else array.size // max(1, known) for one in sides)
        return Array(shape, array.dtype)

    def _algebra(self, name: str, given: list[Any], node: ast.Call) -> Any:
        """Factors and solutions, by LAPACK's own counts (Anderson et al., LAPACK Users' Guide; Golub and Van Loan 2013)."""
        first = given[0] if given else None
        if not isinstance(first, Array) or len(first.shape) != 2 or node.keywords:
            raise UnknownError(name)
        rows, columns = first.shape
        size, others = float(columns), 1.0
        if len(given) == 2 and isinstance(given[1], Array):
            others = float(given[1].shape[1]) if len(given[1].shape) == 2 else 1.0
        counts = {
            "cholesky": size**3 / 3,
            "inv": 2 * size**3,
            "solve": 2 * size**3 / 3 + 2 * size**2 * others,
            "det": 2 * size**3 / 3,
        }
        if name not in counts or rows != columns:
            raise UnknownError(name)
        moved = 2 * first.bytes + sum(one.bytes for one in given[1:] if isinstance(one, Array))
        self.pieces.append(self._piece(counts[name], moved, first.dtype))
        if name == "det":
            return None
        return (
            Array(given[1].shape, first.dtype) if name == "solve" and isinstance(given[1], Array) else first
        )

    def _product(self, left: Any, right: Any, *, same: bool) -> Any:
        """``left @ right``: two operations for each element of a row beside each of a column.

        A matrix beside its own transpose is done by half (BLAS's ``syrk``). Of stacks each product counts.
        """
        if not isinstance(left, Array) or not isinstance(right, Array) or not left.shape or not right.shape:
            raise UnknownError("a product")
        rows, inner = (1, *left.shape)[-2:]
        inner_too, columns = right.shape[-2:] if len(right.shape) > 1 else (right.shape[0], 1)
        if inner != inner_too:
            raise UnknownError("a product that does not fit")
        try:
            stack = tuple(self.numpy.broadcast_shapes(left.shape[:-2], right.shape[:-2]))
        except ValueError:
            raise UnknownError("a product that does not fit") from None
        sides = (*([rows] if len(left.shape) > 1 else []), *([columns] if len(right.shape) > 1 else []))
        made = Array((*stack, *sides), self.numpy.result_type(left.dtype, right.dtype))
        count = made.size // max(1, rows * columns)
        halved = 0.5 if same and rows > 1 and not stack else 1.0
        moved = left.bytes + right.bytes + made.bytes
        flops = 2.0 * rows * inner * columns * count * halved
        self.pieces.append(self._piece(flops, moved, made.dtype, (rows, inner, columns)))
        return made

    def _piece(
        self, flops: float, moved: int, dtype: Any, sides: tuple[int, int, int] | None = None
    ) -> Piece:
        if dtype.kind not in "fciub":
            raise UnknownError("elements that are no numbers")
        return Piece(round(flops * (_COMPLEX if dtype.kind == "c" else 1)), moved, dtype.char, sides)

    def _arithmetic(self, operator: ast.operator, left: Any, right: Any) -> Any:
        if not isinstance(left, Array) and not isinstance(right, Array):
            return _number(left, operator, right)
        if not isinstance(operator, _ARITHMETIC):
            raise UnknownError(type(operator).__name__)
        return self._elementwise([left, right])

    def _elementwise(self, operands: list[Any], *, moves: bool = True) -> Any:
        arrays = [one for one in operands if isinstance(one, Array)]
        if any(not isinstance(one, (Array, self.numpy.generic, *_NUMBERS)) for one in operands):
            raise UnknownError("what is neither array nor number")
        if not arrays:
            return None
        try:
            shape = self.numpy.broadcast_shapes(*(one.shape for one in arrays))
            dtype = self.numpy.result_type(*(one.dtype for one in arrays))
        except (TypeError, ValueError):
            raise UnknownError("shapes that do not fit") from None
        if dtype.kind == "O":
            raise UnknownError("elements that are objects")
        made = Array(tuple(shape), dtype)
        if moves:
            self._moves(*arrays, made)
        return made

    def _moves(self, *arrays: Array) -> None:
        self.pieces.append(Piece(0, sum(one.bytes for one in arrays), arrays[-1].dtype.char))

    def _name(self, name: str) -> Any:
        for names in (self.frame.f_locals, self.frame.f_globals, vars(builtins)):
            if name in names:
                return self._seen(names[name])
        raise UnknownError(name)

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self._value(node.value)
        if isinstance(owner, Array):
            if node.attr == "T":
                return Array(owner.shape[::-1], owner.dtype)
            if node.attr in {"shape", "size"}:
                return getattr(owner, node.attr)
            raise UnknownError(node.attr)
        # Whatever a property would do, it is not done for us.
        own = vars(owner) if isinstance(owner, ModuleType) else _dictionary(owner)
        if node.attr not in own:
            raise UnknownError(node.attr)
        return self._seen(own[node.attr])

    def _part(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Subscript):
            raise UnknownError(type(node).__name__)
        owner, place = self._value(node.value), self._place(node.slice)
        if isinstance(owner, Array):
            try:
                part = self._stand_in(owner)[place]
            except (IndexError, TypeError, ValueError):
                raise UnknownError("a part of an array") from None
            return Array(part.shape, owner.dtype) if part.shape else None
        if isinstance(owner, (list, tuple)) and type(place) is int and -len(owner) <= place < len(owner):
            return self._seen(owner[place])
        raise UnknownError("a part")

    def _place(self, node: ast.expr) -> Any:
        """An index that makes a view; where it picks single elements, a copy is made of which little is known."""
        if isinstance(node, ast.Tuple):
            return tuple(self._place(one) for one in node.elts)
        if isinstance(node, ast.Slice):
            return slice(
                *(None if one is None else self._whole(one) for one in (node.lower, node.upper, node.step))
            )
        if isinstance(node, ast.Constant) and (node.value is None or node.value is ...):
            return node.value
        return self._whole(node)

    def _whole(self, node: ast.expr) -> Any:
        value = self._value(node)
        if value is None or type(value) is int:
            return value
        if isinstance(value, self.numpy.integer):
            return int(value)
        raise UnknownError("an index")

    def _seen(self, value: Any) -> Any:
        return Array(value.shape, value.dtype) if type(value) is self.numpy.ndarray else value

    def _stand_in(self, array: Array) -> Any:
        """An array of a shape that takes no memory."""
        return self.numpy.broadcast_to(self.numpy.zeros((), dtype=bool), array.shape)


def _dictionary(owner: Any) -> dict[str, Any]:
    try:
        return dict(object.__getattribute__(owner, "__dict__"))
    except (AttributeError, TypeError):
        return {}


def _is_transposed(left: ast.expr, right: ast.expr) -> bool:
    """Whether one of two factors is written as the other's transpose."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, ast.Attribute) and one.attr == "T" and ast.dump(one.value) == ast.dump(other):
            return True
    return False


def _number(value: Any, operator: ast.AST, other: Any = 0) -> Any:
    """The value of arithmetic on plain whole numbers, as indices are; of others only that it is no array."""
    if type(value) is not int or type(other) is not int:
        return None
    if isinstance(operator, ast.USub):
        return -value
    if isinstance(operator, ast.Add):
        return value + other
    if isinstance(operator, ast.Sub):
        return value - other
    if isinstance(operator, ast.Mult):
        return value * other if max(abs(value), abs(other)) < 1 << 31 else None
    return value // other if isinstance(operator, ast.FloorDiv) and other else None
