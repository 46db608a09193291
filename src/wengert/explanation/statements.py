"""A graph as lines of NumPy code: what has a name gets a line, what is read once is written where it is read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.op import Op
from wengert.explanation.borrowed import Borrowed, can_borrow
from wengert.explanation.branches import branch
from wengert.explanation.helpers import HELPERS
from wengert.explanation.loops import loop
from wengert.explanation.source_text import (
    Piece,
    arguments,
    array_text,
    call,
    dtype_text,
    expression,
    helper_of,
    identifier,
    in_library,
    key_text,
    name_of,
    number,
    piece,
    scipy_module,
    with_objects,
)  # fmt: skip
from wengert.explanation.whiles import walk_back, while_loop
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.spec import Spec, spec

__all__ = ["WIDTH", "Lines"]

WIDTH = 88
_NESTED = 56  # characters of an expression that may stand inside of another
_BUILT_IN = ("bool", "int", "float", "complex", "range", "reversed")
_TAKEN = frozenset({"np", "math", "special", "linalg", *HELPERS, *keyword.kwlist, *_BUILT_IN})
_WRITES = frozenset({"overwrite", "unslice", "scatter", "scatter_add", "undiagonal"})
# A zero that these make wins over an infinite partial.
_ZEROS = _WRITES | {"where", "relu", "leaky_relu", "maximum", "minimum", "greater", "less", "equal", "not_equal", "pad"}


_STATEMENTS = {"scan": loop, "cond": branch, "while_loop": while_loop, "while_adjoint": walk_back}


class Lines:
    """The lines of a function's body while they are written.

    names: what variables want to be called. constants: names of arrays, by their bytes.
    """

    def __init__(self, names: Mapping[Variable, str], constants: Mapping[bytes, str], indent: int = 1) -> None:
        self.names, self.constant_names = names, constants
        self.lines: list[str] = []
        self.indent = indent
        self.used: set[str] = set(_TAKEN)
        self.pieces: dict[Variable, Piece] = {}  # by variable: its name, or the text that stands for it
        self.waiting: dict[Variable, Equation] = {}  # whose text has no line yet
        self.spread: dict[Variable, Piece] = {}  # what a waiting broadcast_to spreads
        self.zeros: set[Variable] = set()
        self.given: dict[str, Any] = {}  # constants that are passed as arguments
        self.helpers: set[str] = set()
        self.modules: set[str] = set()  # of SciPy
        self.borrowed = Borrowed(self.fresh)
        self.unnamed = 0
        self.walks: dict[Any, Equation] = {}  # the ways back through while loops, by the numbers of their steps
        self.stored: dict[Any, str] = {}  # what they read, by the same
        self._absorbed: dict[Variable, Equation] = {}  # whose text stands in that of a waiting one
        self._parts: dict[Variable, Equation] = {}  # what is added to a part of a sum, in place
        self._totals: set[Variable] = set()
        self._goals: dict[Variable, Variable] = {}  # sums by what they are at first
        self.reserved: dict[Variable, str] = {}  # names that nobody else may take
        self.carried: set[Variable] = set()  # carries of loops, which are arrays of their own
        self.taken_over: set[str] = set()
        self.renamed: dict[Variable, str] = {}  # values that take over the name of a carry
        self._own: set[Variable] = set()  # arrays that nobody else sees
        self._given: dict[Any, Piece] = {}
        self._uses: dict[Variable, int] = {}

    # --- names ------------------------------------------------------------------------------------------------

    def fresh(self, wanted: str) -> str:
        """A name like this one that nothing has yet."""
        base = identifier(wanted) if wanted != "_" else "_unused"
        name, n = base, 2
        while name in self.used:
            name, n = f"{base}_{n}" if base[-1].isdigit() else f"{base}{n}", n + 1
        self.used.add(name)
        return name

    def name(self, v: Variable) -> str:
        """A new name for a value."""
        v = self._goals.get(v, v)
        if v in self.reserved:
            return self.reserved.pop(v)
        if v in self.names:
            return self.fresh(self.names[v])
        self.unnamed += 1
        while f"v{self.unnamed}" in self.used:
            self.unnamed += 1
        return self.fresh(f"v{self.unnamed}")

    def bind(self, v: Variable, name: str) -> Piece:
        """The value has this name from here on."""
        self.waiting.pop(v, None)
        self._absorbed.pop(v, None)
        self.spread.pop(v, None)
        self.pieces[v] = name_of(name, v.spec)
        return self.pieces[v]

    def write(self, text: str) -> None:
        """One more line."""
        self.lines.append("    " * self.indent + text if text else "")

    def fits(self, text: str) -> bool:
        """Whether there is room for this line."""
        return len(text) + 4 * self.indent <= WIDTH

    def _assign(self, name: str, text: str) -> None:
        """A line that gives a value its name; a call for which there is no room is spread over several."""
        parts = None if self.fits(f"{name} = {text}") else arguments(text)
        if parts is None:
            self.write(f"{name} = {text}")
            return
        function, given = parts
        self.write(f"{name} = {function}(")
        together = ", ".join(given)
        for line in [together] if self.fits(f"    {together}") else [f"{one}," for one in given]:
            self.write(f"    {line}")
        self.write(")")

    # --- operands ---------------------------------------------------------------------------------------------

    def operand(self, x: Any, others: Sequence[Any] = (), out: Any = None) -> Piece:
        """The text of an operand. others, out: dtypes beside which a number need not tell its own."""
        if isinstance(x, Variable):
            return self.pieces[x]
        if not isinstance(x, np.ndarray | np.generic) or np.ndim(x) == 0:
            return self._number(x, others, out)
        return self._constant(x)

    def _number(self, x: Any, others: Sequence[Any], out: Any) -> Piece:
        array = np.asarray(x)
        plain = not isinstance(x, np.ndarray | np.generic) or array.dtype in (np.float64, np.int64, np.bool_)
        if isinstance(x, np.ndarray | np.generic) and others and out is not None:
            plain = np.result_type(*others, array.item()) == np.result_type(*others, array)
        shown = number(x, plain)
        return piece(shown, spec(array), 3 if shown.startswith("-") else 5)

    def _constant(self, x: Any) -> Piece:
        text = array_text(x)
        if text is not None:
            return name_of(text, spec(x))
        key = (x.shape, x.dtype, x.tobytes())
        if key not in self._given and (x.T.shape, x.dtype, x.T.tobytes()) in self._given:
            return name_of(f"{self._given[x.T.shape, x.dtype, x.T.tobytes()]}.T", spec(x))
        if key not in self._given:
            name = self.fresh(self.constant_names.get(x.tobytes(), "constant"))
            self.given[name] = x
            self._given[key] = name_of(name, spec(x))
        return self._given[key]

    # --- equations --------------------------------------------------------------------------------------------

    def prepare(self, graph: Graph, returned: int = 2) -> None:
        """Count how often each value is read; what is returned counts twice, so that it gets a line in any case."""
        uses: dict[Variable, int] = {}
        for equation in graph.equations:
            for x in equation.operands:
                if isinstance(x, Variable):
                    uses[x] = uses.get(x, 0) + 1
        for x in graph.outputs:
            if isinstance(x, Variable):
                uses[x] = uses.get(x, 0) + returned
        self._uses.update(uses)
        self.walks.update({e.operands[0]: e for e in graph.equations if e.op.name == "while_adjoint"})

    def find_sums(self, graph: Graph) -> None:
        """Which parts can be added to a sum in place, and what the sums are called in the end."""
        made = {v: e for e in graph.equations for v in e.results}
        for equation in reversed(graph.equations):
            op, operands, _, (v, *_) = equation
            if op.name != "add" or not all(isinstance(x, Variable) and x.spec == v.spec for x in operands):
                continue
            total, part = operands
            if (
                part is not total
                and part in made
                and self._is_part(made[part])
                and self._uses[part] == 1
                and self._addable(total, graph)
            ):
                self._parts[part] = made[part]
                self._totals.add(total)
                if self._uses[total] == 1:
                    self._goals[total] = self._goals.get(v, v)
        for equation in graph.equations:
            if equation.op.name in _WRITES and equation.params.get("donate") and equation.operands[0] in self.carried:
                self._totals.add(equation.operands[0])

    def is_written(self, v: Variable) -> bool:
        """Whether parts are added to a carry in place."""
        return v in self._totals

    def is_read(self, v: Variable) -> bool:
        """Whether anybody wants the value."""
        return v in self._uses

    def is_read_once(self, v: Variable) -> bool:
        """Whether one place wants the value."""
        return self._uses.get(v) == 1

    def is_wanted(self, v: Variable) -> bool:
        """Whether there is a name that only this value may have."""
        return self._goals.get(v, v) in self.reserved

    def is_free(self, v: Variable) -> bool:
        """Whether the array of this value is nobody else's, and is read once."""
        return v in self._own and self._uses[v] == 1

    def own(self, v: Variable) -> None:
        """The array of this value is nobody else's."""
        self._own.add(v)

    def becomes(self, v: Variable, end: Variable) -> None:
        """A carry is called what it is after the loop."""
        self._goals[v] = self._goals.get(end, end)

    def named(self, x: Any) -> Piece:
        """The text of an operand that is read more than once."""
        return self._settle_operand(x) if isinstance(x, Variable) else self.operand(x)

    def _addable(self, total: Variable, graph: Graph) -> bool:
        return total not in graph.inputs or (total in self.carried and self._uses[total] == 1)

    def _is_part(self, equation: Equation) -> bool:
        op, operands, _, (v, *_) = equation
        if v in self.names:
            return False
        if op.name in ("scatter_add", "scatter"):
            base = operands[0]
            return not isinstance(base, Variable) and not np.any(base)
        return op.name == "unslice"

    def equation(self, equation: Equation) -> None:
        """What one equation adds."""
        op, operands, _, results = equation
        self._note_zeros(equation)
        if results[0] in self._parts:
            return
        if op.name == "add" and isinstance(operands[1], Variable) and operands[1] in self._parts:
            self._added(equation)
            return
        if op.name in _WRITES:
            self._written(equation)
            return
        if op.name in _STATEMENTS:
            _STATEMENTS[op.name](self, equation)
            return
        if op.outputs != 1:
            self._several(equation)
            return
        (v,) = results
        text = self._text(equation)
        named = v in self.names
        spread = self._spreads(equation)
        short = len(spread or text) <= _NESTED and (self._uses.get(v, 0) == 1 or (spread or "-").isidentifier())
        if not named and short and results[0] not in self.renamed:
            self.pieces[v] = text
            for x in operands:
                if isinstance(x, Variable) and x in self.waiting:
                    self._absorbed[x] = self.waiting.pop(x)
            self.waiting[v] = equation
            if spread is not None:
                self.spread[v] = spread
            return
        self.settle(equation)

    def _spreads(self, equation: Equation) -> Piece | None:
        """What NumPy would broadcast to this result by itself."""
        op, (x, *_), _, (v, *_) = equation
        if not isinstance(x, Variable):
            return None
        shape, inner = v.spec.shape, x.spec.shape
        leading = shape == (1,) * (len(shape) - len(inner)) + inner
        lifted = op.name == "reshape" or (op.name == "slice" and not inner)
        if op.name == "broadcast_to" or (lifted and leading and len(shape) > len(inner)):
            return self.spread.get(x, self.pieces[x])
        return None

    def settle(self, equation: Equation) -> Piece:
        """Give the result of an equation its line."""
        (v,), operands = equation.results, equation.operands
        name = self.renamed.pop(v, None) or self.name(v)
        if name in self.taken_over:
            self.settle_waiting(name, {x for x in operands if isinstance(x, Variable) and self._uses[x] == 1})
        text = self._text(equation)
        if equation.params.get("copy") and equation.op.name == "slice" and v.spec.shape:
            text = name_of(f"{text}.copy()", v.spec)
        while not self.fits(f"{name} = {text}") and self._shorten(equation):
            text = self._text(equation)
        if not self.fits(f"{name} = {text}") and equation.op.name == "concatenate":
            self._joined(equation, name)
        else:
            self._assign(name, text)
        self.consume(operands)
        if equation.op.kind == "elementwise" and v.spec.shape:
            self._own.add(v)
        return self.bind(v, name)

    def consume(self, operands: Sequence[Any]) -> None:
        """What was read has been written, as part of another line."""
        for x in operands:
            if isinstance(x, Variable):
                self.waiting.pop(x, None)

    def settle_waiting(
        self, reading: str | None = None, but: set[Variable] | frozenset[Variable] = frozenset()
    ) -> None:
        """Give lines to what has none yet: all of it, or what reads the array of this name; but not to these."""
        for v, equation in list(self.waiting.items()):
            if v not in but and v in self.waiting and (reading is None or re.search(rf"\b{reading}\b", self.pieces[v])):
                self.settle(equation)

    def _shorten(self, equation: Equation) -> bool:
        """Give the longest operand that is written out a line of its own."""
        found = [x for x in equation.operands if isinstance(x, Variable) and self._unwritten(x) is not None]
        if not found:
            return False
        longest = max(found, key=lambda x: len(self.pieces[x]))
        self._settle_operand(longest)
        return True

    def _unwritten(self, x: Variable) -> Equation | None:
        """The equation of a value that has no line of its own."""
        return self.waiting.get(x) or self._absorbed.get(x)

    def _settle_operand(self, x: Variable) -> Piece:
        equation = self._unwritten(x)
        return self.settle(equation) if equation is not None else self.pieces[x]

    def _text(self, equation: Equation) -> Piece:
        op, operands, params, (v,) = equation
        dtypes = [x.spec.dtype for x in operands if isinstance(x, Variable)]
        xs = [self.operand(x, dtypes, v.spec.dtype) for x in operands]
        if op.kind == "elementwise":
            xs = self._unspread(operands, xs, v.spec)
        name = op.name
        if name == "strong_multiply" and self._meets_infinity(operands):
            name = "strong"
        if name == "not_equal" and operands[0] is operands[1] and dtypes[0].kind in "fc":
            name, xs = "isnan", xs[:1]
        return self._application(op, name, xs, params, v.spec)

    def _application(self, op: Op, name: str, xs: Sequence[Piece], params: Mapping[str, Any], out: Spec) -> Piece:
        """One application, and a note of what has to stand in front of the function for it."""
        params = with_objects(params, self.given, self.fresh)
        if helper_of(name, xs) is not None:
            self.helpers.add(name)
        elif (module := scipy_module(name)) is not None:
            self.modules.add(module)
        elif not in_library(name) and can_borrow(op.impl):
            return call(self.borrowed.name(op.impl, op.name), xs, params, out)
        return expression(name, xs, params, out)

    def _meets_infinity(self, operands: Sequence[Any]) -> bool:
        """Whether a zero may be multiplied by a partial that is infinite there."""
        zeros = any(isinstance(x, Variable) and x in self.zeros for x in operands)
        return zeros and all(isinstance(x, Variable) or not np.all(np.isfinite(x)) for x in operands)

    def _unspread(self, operands: Sequence[Any], xs: Sequence[Piece], out: Spec) -> list[Piece]:
        """The operands without what NumPy's broadcasting does by itself."""
        xs = list(xs)
        for n, x in enumerate(operands):
            if isinstance(x, Variable) and x in self.spread:
                shapes = [y.spec.shape for m, y in enumerate(xs) if m != n]
                if np.broadcast_shapes(self.spread[x].spec.shape, *shapes) == out.shape:
                    xs[n] = self.spread[x]
        return xs

    def _note_zeros(self, equation: Equation) -> None:
        inherits = any(isinstance(x, Variable) and x in self.zeros for x in equation.operands)
        if inherits or equation.op.name in _ZEROS:
            self.zeros.update(equation.results)

    def _several(self, equation: Equation) -> None:
        """An op of several results."""
        op, operands, params, results = equation
        names = [self.name(v) if self._uses.get(v) else self.fresh("_") for v in results]
        text = self._application(op, op.name, [self.operand(x) for x in operands], params, results[0].spec)
        self._assign(", ".join(names), text)
        self.consume(operands)
        for v, name in zip(results, names, strict=True):
            self.bind(v, name)

    # --- arrays that are written to ---------------------------------------------------------------------------

    def _written(self, equation: Equation) -> None:
        op, operands, params, (v,) = equation
        if op.name in ("unslice", "undiagonal"):
            operands = (np.zeros(v.spec.shape, v.spec.dtype), *operands)
        base, value, *indices = operands
        name = self._base(base, params.get("donate", False), v, {x for x in operands if isinstance(x, Variable)})
        if op.name == "undiagonal":
            rows, columns = -min(params["offset"], 0), max(params["offset"], 0)
            n = value.spec.shape[-1]
            at = f"..., np.arange({rows}, {rows + n}), np.arange({columns}, {columns + n})"
        else:
            at = key_text(params["key"]) if "key" in params else ", ".join([self.operand(i) for i in indices])
        if op.name == "scatter_add":
            at = f"({at})" if len(indices) > 1 else at
            self._line(f"np.add.at({name}, {at}, ", value, ")")
        else:
            self._line(f"{name}[{at}] = ", value, "")
        self.consume(operands)
        self._own.add(v)
        self.bind(v, name)

    def _added(self, equation: Equation) -> None:
        """A part that is added in place."""
        (total, part), (v,) = equation.operands, equation.results
        if total in self.waiting and self._uses[total] == 1:
            self.settle(self.waiting[total])
        name = str(self.pieces[total])
        if total not in self._own or self._uses[total] != 1:
            name = self.name(v)
            self.write(f"{name} = np.array({self.pieces[total]})")
            self.consume([total])
        op, operands, params, _ = self._parts[part]
        if op.name == "unslice":
            self._line(f"{name}[{key_text(params['key'])}] += ", operands[0], "")
        elif op.name == "scatter":
            self._line(f"{name}[{', '.join([self.operand(i) for i in operands[2:]])}] += ", operands[1], "")
        else:
            at = ", ".join([self.operand(i) for i in operands[2:]])
            at = f"({at})" if len(operands) > 3 else at
            self._line(f"np.add.at({name}, {at}, ", operands[1], ")")
        self.consume(operands)
        self._own.add(v)
        self.bind(v, name)

    def _line(self, start: str, value: Any, end: str) -> None:
        """A line around a value, which gets a line of its own if there is no room for it."""
        if not isinstance(value, Variable) and np.size(value) and np.all(value == np.ravel(value)[0]) and not end:
            text = self._number(np.ravel(value)[0], (), None)
        elif isinstance(value, Variable) and value in self.spread:
            text = self.operand(value) if end else self.spread[value]
        else:
            text = self.operand(value)
        if not self.fits(start + text + end) and isinstance(value, Variable):
            text = self._settle_operand(value)
        self.write(start + text + end)

    def _base(self, base: Any, donate: bool, v: Variable, read: set[Variable]) -> str:
        """The name of the array that is written to: the old one, if nobody reads it any more, else a copy."""
        if isinstance(base, Variable):
            if base in self.waiting:
                self.settle(self.waiting[base])
            text = self.pieces[base]
            # A part of a sum reads its value when it is added, which may be after this write.
            if donate and not any(x is base for e in self._parts.values() for x in e.operands):
                self.settle_waiting(text, read)
                return text
            name = self.fresh(self.names.get(v, text))
            self.write(f"{name} = np.array({text})")
            return name
        name = self.name(v)
        text = self._constant(np.ascontiguousarray(base).reshape(np.shape(base)))
        self.write(f"{name} = {f'{text}.copy()' if text in self.given else text}")
        return name

    def _joined(self, equation: Equation, name: str) -> None:
        """A concatenation part by part."""
        _, operands, params, (v,) = equation
        axis, start = params["axis"], 0
        dtype = "" if v.spec.dtype == np.float64 else f", dtype={dtype_text(v.spec.dtype)}"
        self.write(f"{name} = np.empty({v.spec.shape if len(v.spec.shape) != 1 else v.spec.shape[0]}{dtype})")
        for x in operands:
            stop = start + (x.spec.shape if isinstance(x, Variable) else np.shape(x))[axis]
            self._line(f"{name}[{':, ' * axis}{start}:{stop}] = ", x, "")
            start = stop
