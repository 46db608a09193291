"""Values become instructions, each in the outermost scope where it is the same."""

from __future__ import annotations

from wengert.compiler.emit import memory
from wengert.compiler.emit.facts import operands
from wengert.compiler.emit.operations import FLOATING, Lines, cast, operation
from wengert.compiler.emit.scope import Entry, FunctionText
from wengert.compiler.emit.types import SCALAR, number, vector
from wengert.compiler.loops import Value

__all__ = ["evaluate", "in_lanes"]


def evaluate(f: FunctionText, v: Value, may_end: bool = False) -> Entry:
    """Compute a value, and first, without recursion, whatever it needs that is not known.

    may_end: a long function may end, and another begin, in between; then no entry that was known before is any more.
    """
    known = f.known
    entry = known.get(v)
    if entry is not None:
        return entry
    stack = [v]
    while stack:
        top = stack[-1]
        if top in known:
            stack.pop()
            continue
        if f.segments and top in f.parked:
            f.restore(stack.pop())
            continue
        missing = [a for a in operands(top) if a not in known]
        if missing:
            missing.reverse()
            stack += missing
        else:
            stack.pop()
            _compute(f, top)
            if may_end and f.can_end:
                f.end()
    return known[v] if v in known else evaluate(f, v)


def in_lanes(f: FunctionText, v: Value, lanes: int) -> str:
    """The value as a vector of that many lanes (1: as a scalar)."""
    return f.spread(evaluate(f, v), SCALAR[v.code], lanes)


def _compute(f: FunctionText, v: Value) -> None:
    op = v.op
    if op == "const":
        f.known[v] = Entry(number(v.attr, v.code), 0, 1)
        return
    if op == "load":
        memory.load(f, v)
    elif op == "acc":
        memory.accumulated(f, v)
    elif op == "index":
        f.know(v, memory.index_value(f, v.attr))
    else:
        _operate(f, v)
    if f.users:
        f.depends(v)


def _operate(f: FunctionText, v: Value) -> None:
    known = f.known
    entries = [known[a] for a in v.args]
    depth, lanes = 0, 1
    for e in entries:
        if e.depth > depth:
            depth = e.depth
        if e.lanes > lanes:
            lanes = e.lanes
    if depth < f.scope.barrier:
        depth = memory.above_barrier(f, depth)
    if lanes == 1:
        texts = [e.text for e in entries]
    else:
        texts = [
            e.text if e.lanes == lanes else f.spread(e, SCALAR[a.code], lanes)
            for e, a in zip(entries, v.args, strict=True)
        ]
    f.know(v, Entry(_text(f, v, texts, depth, lanes), depth, lanes))


def _text(f: FunctionText, v: Value, texts: list[str], depth: int, lanes: int) -> str:
    scope_lines, module = f.scopes[depth].lines, f.module

    def fresh(instruction: str) -> str:
        name = module.name()
        scope_lines.append(f"  {name} = {instruction}")
        return name

    op = v.op
    of_floats = FLOATING.get(op) if v.code[0] == "f" else None
    if of_floats is not None:
        return fresh(f"{of_floats} {vector(SCALAR[v.code], lanes)} {texts[0]}, {texts[1]}")
    if op == "select":
        type_ = vector(SCALAR[v.code], lanes)
        holds, x, y = texts
        return fresh(f"select {vector('i1', lanes)} {holds}, {type_} {x}, {type_} {y}")
    t = Lines(module, fresh, v.args[0].code, lanes)
    if op == "cast":
        return cast(t, texts[0], v.code)
    return operation(t, op, texts) or fresh(module.math(op, t.code, lanes, texts))
