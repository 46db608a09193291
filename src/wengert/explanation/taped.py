"""The account of a live tape: the graph behind a tensor, read without running or changing anything.

Nodes save what their rules read, and no more. The other values are found where somebody saved them, or computed again
from known operands; what nobody kept is shown as ·.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.op import Op
from wengert.errors import TapeError, explain, user_line
from wengert.explanation import partials
from wengert.explanation.drafts import Draft, accumulate, finished, localise, mark_wanted, tracked, unique
from wengert.explanation.expression import literal, written
from wengert.explanation.gates import gate
from wengert.explanation.given import paths
from wengert.explanation.model import Account, Remark, Source
from wengert.explanation.remarks import remarks
from wengert.explanation.watch import bare, is_library
from wengert.interpreters.tape import AccumulateGrad, Node, Parts, Port, map_saved, unpack_saved
from wengert.interpreters.tensor import Tensor

__all__ = ["Taped", "account_of_tensor"]

_UNKNOWN = "·"


class Taped:
    """A node of the tape as a link."""

    __slots__ = ("known", "node", "op", "operands", "results", "rules")

    def __init__(self, node: Node, places: Mapping[Node, int]) -> None:
        self.node = node
        self.op: Op = node.op
        self.rules = {rule.position: n for n, rule in enumerate(node.rules)}
        self.known = self._known()
        count = 1 + max([*self.rules, *self.known], default=-1)
        self.operands: list[int | None] = [None] * max(count, 0 if self.op.variadic else len(self.op.names))
        for rule, edge in zip(node.rules, node.edges, strict=True):
            self.operands[rule.position] = places[edge]
        first = places[node]
        self.results = list(range(first, first + (1 if node.shape is not None else len(node.specs))))

    @property
    def freed(self) -> bool:
        """Whether a backward pass has freed what the node saved."""
        return self.node.saved is None

    def _args(self, position: int) -> tuple[Any, ...]:
        """What the rule of an operand reads."""
        n = self.rules[position]
        assert self.node.saved is not None
        args = self.node.saved[n]
        extra = self.node.extra
        if extra is not None and extra.unpack is not None:
            args = unpack_saved(self.node.rules[n], args, extra.unpack)
        return map_saved(self.node.rules[n], args, _bare)

    def _known(self) -> dict[int, Any]:
        """The values that the node keeps: by position of the operand, -1 for the result."""
        found: dict[int, Any] = {}
        for position, n in self.rules.items() if not self.freed else ():
            for source, arg in zip(self.node.rules[n].sources, self._args(position), strict=True):
                if isinstance(source, int):
                    found[source] = arg
                elif source == "value":
                    found[position] = arg
                elif source in ("others", "values"):
                    places = (
                        [p for p in range(len(arg) + 1) if p != position] if source == "others" else range(len(arg))
                    )
                    found.update(zip(places, arg, strict=True))
        return found

    def pull(self, gs: Sequence[Any], wanted: Sequence[int]) -> dict[int, Any]:
        """By the recorded rules; nothing where they were freed."""
        if self.freed:
            return {}
        node = self.node
        if node.shape is not None:
            (g,) = gs
        elif node.materialize:
            # A zero that takes no memory stands for 'none came'.
            zeros = [np.broadcast_to(np.zeros((), dtype), shape) for shape, dtype in node.specs]
            g = tuple([zero if part is None else part for part, zero in zip(gs, zeros, strict=True)])
        else:
            g = Parts(gs)
        if self.op.joint_vjp is not None:
            every = self.op.joint_vjp(g, node, self._args(next(iter(self.rules))))
            return {p: bare(every[p]) for p in wanted if every[p] is not None}
        return {p: bare(node.rules[self.rules[p]].function(g, *self._args(p))) for p in wanted}

    def push(self, tangents: Sequence[Any]) -> Sequence[Any]:
        """A tape cannot be walked forwards."""
        return [None] * len(self.results)

    def local(self, position: int, names: Sequence[str]) -> tuple[Any, str]:
        """Of an elementwise op its partial, from what its rule reads."""
        op = self.op
        if op.kind != "elementwise":
            return partials.linear_text(op, position, names), ""
        if self.freed:
            return None, ""
        rule: Any = op.partials[position].function
        with np.errstate(all="ignore"):
            local = np.asarray(rule(*self._args(position)) if callable(rule) else rule)
        if local.dtype.kind in "biu":
            local = local.astype(self.node.dtype)
        samples = [self.known.get(n, np.float64(1)) for n in (*range(len(self.operands)), -1)]
        formula = partials.formula_text(op, position, samples[:-1], samples[-1], self.node.params, names)
        return np.broadcast_to(local, self.node.shape), "" if _UNKNOWN in formula else formula

    def saved(self, wanted: Sequence[int]) -> int:
        """Bytes of the arrays that the node keeps."""
        return sum([int(a.nbytes) for a in self.known.values() if isinstance(a, np.ndarray | np.generic)])


class _Tape:
    """The nodes behind a tensor as drafts and links, the oldest first."""

    def __init__(self, root: Tensor, names: Mapping[Node, str]) -> None:
        nodes = sorted(_reachable(root.mark), key=lambda node: -node.order)
        leaves = [n for n in nodes if isinstance(n, AccumulateGrad)]
        self.places: dict[Node, int] = {}
        self.drafts: list[Draft] = []
        self.links: list[Taped] = []
        for n, end in enumerate(leaves):
            variable = end.variable
            value = bare(variable) if variable is not None else None
            draft = Draft(n, n - len(leaves) + 1, "input", value, end.shape, end.dtype)
            draft.wanted = True
            draft.grad_fn = "AccumulateGrad"
            self.places[end] = n
            self.drafts.append(draft)
        steps = [n for n in nodes if not isinstance(n, AccumulateGrad | Port)]
        self._enter(steps, len(leaves), root)
        for node in nodes:
            if isinstance(node, Port):
                self.places[node] = self.places[node.edges[0]] + node.number
        home = self.drafts[self.places[root.mark]]
        home.role, home.value = "output" if home.role == "step" else home.role, bare(root)
        self.root = home.number
        self._link(steps)
        self._name(names)
        self._describe()

    def _enter(self, nodes: Sequence[Node], first: int, root: Tensor) -> None:
        for node in nodes:
            self.places[node] = len(self.drafts)
            for shape, dtype in node.specs if node.shape is None else ((node.shape, node.dtype),):
                number = len(self.drafts)
                draft = Draft(number, number - first + 1, "step", None, shape, dtype)
                draft.op, draft.gate, draft.grad_fn = node.op.name, gate(node.op), node.name()
                self.drafts.append(draft)

    def _link(self, nodes: Sequence[Node]) -> None:
        drafts = self.drafts
        for node in nodes:
            link = Taped(node, self.places)
            for position, value in link.known.items():
                if position < 0:
                    for r, v in zip(link.results, value if isinstance(value, tuple) else (value,), strict=True):
                        drafts[r].value = v
                    continue
                place = link.operands[position]
                if place is not None and drafts[place].value is None:
                    drafts[place].value = value
            self.links.append(link)
        for link in self.links:
            self._compute(link)

    def _compute(self, link: Taped) -> None:
        """The value of a step whose operands are known, if nobody kept it."""
        draft = self.drafts[link.results[0]]
        op = link.op
        if draft.value is not None or op.outputs != 1 or op.joint_vjp is not None or op.taped is not None:
            return
        values = self._values(link)
        if any(v is None for v in values):
            return
        params = {**link.node.params, "donate": False} if "donate" in link.node.params else link.node.params
        with np.errstate(all="ignore"):
            out = op.impl(*values, **params)
        if np.shape(out) == draft.shape:
            draft.value = out

    def _values(self, link: Taped) -> list[Any]:
        return [
            self.drafts[n].value if n is not None and self.drafts[n].value is not None else link.known.get(position)
            for position, n in enumerate(link.operands)
        ]

    def _name(self, names: Mapping[Node, str]) -> None:
        given = {self.places[node]: name for node, name in names.items() if node in self.places}
        for draft, name in zip(self.drafts, unique([given.get(d.number, d.label) for d in self.drafts]), strict=True):
            draft.name = name

    def _describe(self) -> None:
        for link in self.links:
            values = self._values(link)
            shown = [
                self.drafts[n].name if n is not None else _UNKNOWN if v is None else str(literal(v))
                for n, v in zip(link.operands, values, strict=True)
            ]
            params = dict(link.node.params)
            if isinstance(params.get("axis"), tuple) and link.operands[0] is not None:
                params["ndim"] = len(self.drafts[link.operands[0]].shape)
            text = str(written(link.op.name, shown, params))
            modules = [self.drafts[n].name.rpartition(".")[0] for n in link.operands if n is not None]
            for n, r in enumerate(link.results):
                draft = self.drafts[r]
                draft.expression = text if len(link.results) == 1 else f"{text}[{n}]"
                draft.operands = list(zip(link.operands, shown, values, strict=True))
                draft.source = _source(link.node)
                draft.group = max(modules, key=len, default="") if draft.op else ""


def _source(node: Node) -> Source | None:
    """The line that recorded a node, which anomaly mode notes: its place in the first line, its text in the stack."""
    if node.extra is None or node.extra.trace is None:
        return None
    place, _, stack = node.extra.trace.partition("\n")
    file, _, line = place.rpartition(":")
    text = re.search(rf'{re.escape(file)}", line {line}, in .*\n\s*(.*)', stack)
    return Source(file, int(line), text[1] if text else "") if line.isdigit() else None


def _bare(x: Any, position: int) -> Any:
    return tuple([bare(y) for y in x]) if isinstance(x, tuple) else bare(x)


def _reachable(root: Node) -> Iterable[Node]:
    seen, pending = {root}, [root]
    while pending:
        for node in pending.pop().edges:
            if node not in seen:
                seen.add(node)
                pending.append(node)
    return seen


def account_of_tensor(tensor: Tensor, cotangent: Any = None) -> Account:
    """Everything that is known about the tape behind a tensor. Raises `TapeError` if there is none."""
    if tensor.mark is None:
        raise TapeError(
            explain(
                f"wg.explain at {user_line()} got a tensor that no tape knows.",
                "It was not computed from tensors that require grad, or it was detached.",
                "Make the inputs with requires_grad=True, or explain the function: wg.explain(f, x).",
            )
        )
    names = _names_in(_caller())
    tape = _Tape(tensor, names)
    drafts, links = tape.drafts, tape.links
    mark_wanted(drafts, links)
    for link in links:
        drafts[link.results[0]].saved_bytes = link.saved(tracked(drafts, link))
    localise(drafts, links)
    g = np.ones(tensor.shape, tensor.dtype) if cotangent is None else np.asarray(bare(cotangent))
    g = np.broadcast_to(g, tensor.shape).astype(tensor.dtype)[()]
    accumulate(drafts, links, {tape.root: g})
    steps = tuple([finished(d) for d in drafts])
    name = drafts[tape.root].name
    freed = [link for link in links if link.freed]
    notes = [] if not freed else [_freed(len(freed))]
    if cotangent is None:
        target = name if tensor.shape == () else f"the sum of {name}"
    else:
        target = f"{name} times the given cotangent"
    return Account(
        function=name,
        inputs=tuple([s.number for s in steps if s.role == "input"]),
        outputs=(tape.root,),
        trace=steps,
        seeds=(),
        cotangents=(g,),
        value=bare(tensor),
        remarks=(*remarks(steps, links, [], {}, [tape.root]), *notes),
        total_roundoff=float(sum([s.roundoff for s in steps])),
        saved_bytes=sum([s.saved_bytes for s in steps]),
        origin="tape",
        target=target,
    )


def _freed(count: int) -> Remark:
    text = (
        f"What {count} nodes saved was freed by a backward pass, so no gradient is shown below them. "
        "Explain before backward(), or write backward(retain_graph=True)."
    )
    return Remark("tape", None, text, {"freed": count})


# --- names ------------------------------------------------------------------------------------------------------


def _caller() -> FrameType | None:
    """The innermost frame of the user's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_library(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _names_in(frame: FrameType | None) -> dict[Node, str]:
    """The names of nodes: those given to tensors, else the parameters of the caller's modules and its variables."""
    names: dict[Node, str] = {}
    if frame is None:
        return names
    used = frame.f_code.co_names
    outside = {k: frame.f_globals[k] for k in used if k in frame.f_globals}
    found = {**outside, **frame.f_locals}
    modules = [name for name, x in found.items() if _is_module(x)]
    for name, tensor in _tensors(found, single_module=len(modules) == 1):
        if tensor.mark is not None:
            names.setdefault(tensor.mark, tensor.name or name)
    return names


def _is_module(x: Any) -> bool:
    return not isinstance(x, type) and callable(getattr(x, "named_parameters", None))


def _tensors(found: Mapping[str, Any], single_module: bool) -> Iterator[tuple[str, Tensor]]:
    """Tensors with the text that reaches them: parameters of modules, then variables, then what containers hold."""
    for name, x in found.items():
        if _is_module(x):
            prefix = "" if single_module else f"{name}."
            yield from [(prefix + key, p) for key, p in x.named_parameters()]
    for name, x in found.items():
        if isinstance(x, Tensor):
            yield name, x
    for name, x in found.items():
        if isinstance(x, list | tuple | dict) and len(x) < 1000 and tree.children(x) is not None:
            yield from [(path, leaf) for path, leaf in paths(x, name) if isinstance(leaf, Tensor)]
