"""Statements once more, with other buffers and variables."""

from __future__ import annotations

from collections.abc import Mapping

from wengert.compiler.loops import (
    Acc,
    Block,
    Buffer,
    Check,
    For,
    Gemm,
    If,
    Index,
    Library,
    Matrix,
    Statement,
    Store,
    Update,
    Value,
    Var,
    While,
)
from wengert.compiler.strides import reachable

__all__ = ["Clone"]


class Clone:
    """A copy of statements: loops get variables, accumulators and local buffers of their own.

    buffers: those to be replaced. variables: those that become an index.
    """

    def __init__(self, buffers: Mapping[Buffer, Buffer], variables: Mapping[Var, Index]) -> None:
        self._buffers = dict(buffers)
        self._variables = dict(variables)
        self._accs: dict[Acc, Acc] = {}
        self._values: dict[Value, Value] = {}

    def block(self, block: Block) -> Block:
        """The statements of a block, copied."""
        return [self._statement(s) for s in block]

    def _statement(self, s: Statement) -> Statement:
        match s:
            case For():
                return self._loop(s)
            case Store(buffer=buffer, index=index, value=value, guard=guard, mode=mode, clash=clash):
                new = None if guard is None else self._value(guard)
                return Store(self._buffer(buffer), self._index(index), self._value(value), new, mode, clash)
            case Update(acc=acc, value=value):
                return Update(self._acc(acc), self._value(value))
            case Check(holds=holds):
                return Check(self._value(holds))
            case Gemm(m=m, n=n, k=k, a=a, b=b, c=c, add=add):
                return Gemm(m, n, k, self._matrix(a), self._matrix(b), self._matrix(c), add)
            case Library(name=name, arguments=arguments):
                return Library(name, tuple([self._argument(x) for x in arguments]))
            case If(holds=holds, then=then, orelse=orelse):
                return If(self._value(holds), self.block(then), self.block(orelse))
            case While(test=test, holds=holds, body=body):
                return While(self.block(test), self._value(holds), self.block(body))

    def _loop(self, s: For) -> For:
        accs = [Acc(a.op, a.code, self._value(a.init) if isinstance(a.init, Value) else a.init) for a in s.accs]
        self._accs.update(zip(s.accs, accs, strict=True))
        var = Var(s.var.start, s.var.stop)
        self._variables[s.var] = Index(0, ((var, 1),))
        locals_ = [Buffer(b.name, b.code, b.size, b.kind) for b in s.locals]
        self._buffers.update(zip(s.locals, locals_, strict=True))
        return For(var, self.block(s.body), accs, locals_, s.parallel, s.vector)

    def _value(self, root: Value) -> Value:
        made = self._values
        if root not in made:
            for v in sorted(reachable(root, set(made)), key=lambda v: v.depth):
                made[v] = self._one(v)
        return made[root]

    def _one(self, v: Value) -> Value:
        attr = v.attr
        if v.op == "load":
            attr = self._buffer(attr[0]), self._index(attr[1])
        elif v.op == "index":
            attr = self._index(attr)
        elif v.op == "acc":
            attr = self._acc(attr)
        return Value(v.op, tuple([self._values[a] for a in v.args]), attr, v.code)

    def _buffer(self, buffer: Buffer) -> Buffer:
        return self._buffers.get(buffer, buffer)

    def _acc(self, acc: Acc) -> Acc:
        return self._accs.get(acc, acc)

    def _index(self, index: Index) -> Index:
        out = Index(index.const)
        for v, c in index.terms:
            out = out + self._variables.get(v, Index(0, ((v, 1),))) * c
        for v_, c in index.dynamic:
            out = out + Index(0, (), ((self._value(v_), c),))
        return out

    def _matrix(self, x: Matrix) -> Matrix:
        return Matrix(self._buffer(x.buffer), self._index(x.index), x.row, x.column)

    def _argument(self, x: object) -> object:
        if isinstance(x, Matrix):
            return self._matrix(x)
        return self._buffer(x) if isinstance(x, Buffer) else x
