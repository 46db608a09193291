"""What an iteration hands to the next is not copied if it is large.

    for t:                                for t, two at a time:
      b[i] = f(a[i-1], a[i], a[i+1])        b[i] = f(a[i-1], a[i], a[i+1])
      a[i] = b[i]                           a[i] = f(b[i-1], b[i], b[i+1])

and where f reads a[i] only, a takes the place of b at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wengert.compiler.accesses import Access, accesses, precedes
from wengert.compiler.clone import Clone
from wengert.compiler.covered import is_dense, written_first
from wengert.compiler.loops import Block, Buffer, For, If, Index, Program, Store, Value, Var, While, values, walk
from wengert.compiler.strides import reachable

__all__ = ["carried"]

_LARGE = 8192  # bytes of a carry; to copy less costs little
_LONGEST = 600  # operations of a body that is written twice

_Pair = tuple[Buffer, Buffer]


def carried(program: Program) -> None:
    """Leave out copies of what loops carry."""
    if not any(isinstance(s, For) and any(_copies(s)) for s in walk(program.body)):
        return
    temps = {b for b in program.temps if b.bytes >= _LARGE}
    found = accesses(program.body, temps)
    _block(program.body, found, 0)


def _block(block: Block, found: dict[Buffer, list[Access]], depth: int) -> None:
    for n, s in reversed(list(enumerate(block))):
        if isinstance(s, For):
            _block(s.body, found, depth + 1)
            if not s.parallel and s.var.stop - s.var.start > 1 and not s.accs:
                block[n : n + 1] = _loop(s, found, depth)
        elif isinstance(s, If):
            _block(s.then, found, depth + 1)
            _block(s.orelse, found, depth + 1)
        elif isinstance(s, While):
            _block(s.body, found, depth + 1)


def _loop(loop: For, found: dict[Buffer, list[Access]], depth: int) -> Block:
    """The loop without copies; and what is left to do after it."""
    pairs = [p for p in _copies(loop) if _is_private(*p, loop, found, depth)]
    at_once = [p for p in pairs if _is_elementwise(*p, loop)]
    if at_once:
        _drop(loop.body, at_once)
        loop.body[:] = Clone({new: state for state, new in at_once}, {}).block(loop.body)
        pairs = [p for p in pairs if p not in at_once]
    if not pairs or _work(loop.body) > _LONGEST:
        return [loop]
    start, trip = loop.var.start, loop.var.stop - loop.var.start
    last = Clone({}, {loop.var: Index(start + trip - 1)}).block(loop.body) if trip % 2 else []
    _drop(loop.body, pairs)
    half = Var(0, trip // 2)
    step = [{loop.var: Index(start + k, ((half, 2),))} for k in range(2)]
    swapped = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    body = Clone({}, step[0]).block(loop.body) + Clone(swapped, step[1]).block(loop.body)
    loop.var, loop.body[:] = half, body
    return [loop, *last]


def _copies(loop: For) -> Iterator[_Pair]:
    """The buffers that the end of a body copies as a whole: where to, and where from."""
    for s in reversed(loop.body):
        stores = list(_nest(s))
        if not stores or not all([_is_copy(x) for x in stores]):
            return
        for x in stores:
            a, b = x.buffer, x.value.attr[0]
            whole = (0, a.size - 1)
            same = (a.code, a.size, a.kind) == (b.code, b.size, b.kind) and a.kind == "temp" and a.bytes >= _LARGE
            if same and x.index.range() == whole and is_dense(x.index):
                yield a, b


def _nest(s: object) -> Iterator[Store]:
    """The stores of a nest of loops; nothing if there is something else in it."""
    if isinstance(s, Store):
        yield s
    elif isinstance(s, For) and not s.accs and all([isinstance(x, For | Store) for x in walk(s.body)]):
        yield from [x for x in walk(s.body) if isinstance(x, Store)]


def _is_copy(s: Store) -> bool:
    return s.value.op == "load" and not s.value.args and s.value.attr[1] == s.index and s.mode == "set" and not s.guard


def _is_private(state: Buffer, new: Buffer, loop: For, found: dict[Buffer, list[Access]], depth: int) -> bool:
    """Whether `new` is made anew in every iteration and only there, and `state` is changed by the copy only."""
    news, states = found.get(new), found.get(state)
    if not news or not states or any(a.index is None for a in (*news, *states)):
        return False
    if not all([len(a.around) > depth and a.around[depth] is loop for a in news]):
        return False
    inside = [a for a in states if len(a.around) > depth and a.around[depth] is loop]
    copies = [a.place for a in inside if a.writes]
    if len(copies) != 1 or any(a.place > copies[0] for a in inside):
        return False
    if any(a.index.coefficient(loop.var) for a in (*news, *inside) if a.index is not None):
        return False
    return written_first(news, depth + 1, [])


def _is_elementwise(state: Buffer, new: Buffer, loop: For) -> bool:
    """Whether each entry of the state is read for the last time when the new one is written."""
    last = accesses(loop.body, {state}, last=True).get(state, [])
    news = accesses(loop.body, {new}).get(new, [])
    reads = [a for a in last if not a.writes]
    copies = {a.place for a in last if a.writes}
    return all([precedes(r, w) for r in reads for w in news if w.place not in copies])


def _drop(block: Block, pairs: Sequence[_Pair]) -> None:
    """Remove the copies of these pairs."""
    for n, s in reversed(list(enumerate(block))):
        if isinstance(s, For):
            _drop(s.body, pairs)
            if not s.body:
                del block[n]
        elif isinstance(s, Store) and _is_copy(s) and (s.buffer, s.value.attr[0]) in pairs:
            del block[n]


def _work(block: Block) -> int:
    seen: set[Value] = set()
    return sum([1 for s in walk(block) for v in values(s) for _ in reachable(v, seen)])
