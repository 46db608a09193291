"""Random programs: nests of loops, branches, accumulators and stores, as machine code and interpreted."""

import random

import numpy as np
import pytest

from tests.compiler.native import compiled
from tests.compiler.programs import at, given, made
from wengert.compiler import llvm
from wengert.compiler.builder import Builder
from wengert.compiler.emit import operations, scope, values
from wengert.compiler.loops import Acc, Buffer, For, If, Index, Program, Store, Update, Var
from wengert.compiler.simulate import simulate

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

SIZE = 600  # of every buffer; indices stay well below


class Maker:
    """Draws a program. Stores of a vector loop go to entries of its own: index 8·(its variable) + something below 8."""

    def __init__(self, seed):
        self.random, self.b = random.Random(seed), Builder()
        self.inputs = [given("x", "f64", SIZE), given("w", "f32", SIZE), given("k", "i64", SIZE)]
        self.sources = [made("s", "f64", SIZE), made("z", "f32", SIZE)]
        self.outputs = [made("y", "f64", SIZE), made("u", "f32", SIZE)]
        self.temps = [Buffer("t", "f64", SIZE, "temp")]
        self.values, self.accs = [], []

    def draw(self, *choices):
        return self.random.choice(choices)

    def index(self, loops, width=8):
        terms = [(v, self.draw(0, 1, 1, 2, 3)) for v in loops]
        index = at(*[(v, c) for v, c in sorted(terms, key=lambda t: t[0].serial) if c], const=self.random.randrange(40))
        if self.random.random() < 0.2:
            index = index + Index(0, (), ((self.b.load(self.inputs[2], at(*[(v, 1) for v in loops[:1]])), 2),))
        return index

    def number(self, loops, readable, depth=3):
        """An f64."""
        b, kind = self.b, self.random.random()
        if depth == 0 or kind < 0.3:
            leaf = self.random.random()
            if leaf < 0.15:
                return b.const(self.draw(0.5, -1.0, 2.0), "f64")
            if leaf < 0.25 and loops:
                return b.cast(b.index(at((self.draw(*loops), 1))), "f64")
            if leaf < 0.4 and self.accs:
                return b.cast(b.acc(self.draw(*self.accs)), "f64")
            buffer = self.draw(*readable)
            return b.cast(b.load(buffer, self.index(loops)), "f64")
        if kind < 0.4 and self.values:
            return self.draw(*self.values)
        x = self.number(loops, readable, depth - 1)
        if kind < 0.6:
            return b(self.draw("abs", "floor", "neg", "rint"), x)
        y = self.number(loops, readable, depth - 1)
        if kind < 0.7:
            return b.select(b("lt", x, y), y, b.const(0.25, "f64"))
        return b(self.draw("add", "mul", "sub", "maximum", "minimum"), x, y)

    def block(self, loops, own, readable, private, count):
        """own: the variable of the vector loop around, whose stores must not meet."""
        found = []
        for _ in range(count):
            kind = self.random.random()
            if kind < 0.15 and len(loops) < 3:
                found.append(self.loop(loops, own, readable, private))
            elif kind < 0.25:
                holds = self.b("gt", self.number(loops, readable, 1), self.b.const(0.0, "f64"))
                saved, accs = list(self.values), list(self.accs)
                branches = []
                for size in (2, 1):
                    branches.append(self.block(loops, own, readable, private, size))
                    self.values, self.accs = list(saved), list(accs)
                found.append(If(holds, *branches))
            elif kind < 0.4 and private:
                p = self.draw(*private)
                found.append(Store(p, Index(self.random.randrange(3)), self.number(loops, readable)))
                self.values.append(self.b.load(p, Index(self.random.randrange(3))))
            else:
                found.append(self.store(loops, own, readable))
        return found

    def store(self, loops, own, readable):
        value = self.number(loops, readable)
        self.values.append(value)
        target = self.draw(*self.outputs, *self.temps)
        if own is None:
            index = at(*[(v, self.draw(1, 2, 3)) for v in loops], const=self.random.randrange(40))
        else:
            index = at((own, 8), const=self.random.randrange(8))
        guard = (
            self.b("gt", self.number(loops, readable, 1), self.b.const(-0.5, "f64"))
            if self.random.random() < 0.2
            else None
        )
        mode = "add" if self.random.random() < 0.2 else "set"
        return Store(target, index, self.b.cast(value, target.code), guard, mode)

    def loop(self, loops, own, readable, private):
        start = self.draw(0, 0, 1, 3)
        var = Var(start, start + self.draw(1, 2, 3, 5, 8, 13, 19, 37) if own is None else start + 3)
        vector = own is None and self.random.random() < 0.7
        saved, accs = list(self.values), list(self.accs)
        mine = [Buffer("p", "f64", 3, "local")] if self.random.random() < 0.5 else []
        inner = readable
        if vector:  # what it stores, other iterations do not read
            inner = [*self.inputs[:2], *self.sources]
            self.values = []
        carried = Acc("set", "f64", self.number(loops, readable, 1)) if not vector else None
        if carried is not None:
            self.accs.append(carried)
        body = [Store(p, Index(c), self.number([*loops, var], inner, 1)) for p in mine for c in range(3)]
        body += self.block([*loops, var], var if vector else own, inner, [*(private if not vector else []), *mine], 3)
        reduced = Acc(self.draw("add", "maximum"), "f64", 0.5)
        body.append(Update(reduced, self.number([*loops, var], inner, 2)))
        if carried is not None:
            half = self.b("mul", self.b.const(0.5, "f64"), self.b.acc(carried))
            body.append(Update(carried, self.b("add", half, self.number([*loops, var], inner, 1))))
        self.values, self.accs = saved, [*accs, reduced, *([carried] if carried else [])]
        return For(var, body, [reduced, *([carried] if carried else [])], mine, vector=vector)

    def program(self):
        clear = []
        for k, buffer in enumerate([*self.sources, *self.outputs, *self.temps]):
            i = Var(0, SIZE)
            value = self.b.load(self.inputs[0], at((i, 1))) if k % 2 else self.b.const(k, "f64")
            clear.append(For(i, [Store(buffer, at((i, 1)), self.b.cast(value, buffer.code))], vector=True))
        readable = [*self.inputs[:2], *self.outputs, *self.temps]
        body = []
        for _ in range(4):
            body.append(self.loop([], None, readable, []))
            body.append(self.store([], None, readable))
        return Program("fuzz", self.inputs, [*self.sources, *self.outputs], [], self.temps, [*clear, *body])


@pytest.mark.parametrize("seed", range(100))
def test_random_programs(seed, monkeypatch):
    # without rounding of its own, machine code takes every decision as the interpreter does
    monkeypatch.setattr(values, "FLOATING", {op: text.split()[0] for op, text in operations.FLOATING.items()})
    if seed % 3 == 0:
        monkeypatch.setattr(scope, "LONG", 40)
    program = Maker(seed).program()
    rng = np.random.default_rng(seed)
    data = [rng.normal(size=SIZE), rng.normal(size=SIZE), rng.integers(0, 100, SIZE)]
    code, right = simulate(program, data)
    answer, got = compiled(program)(data)
    assert answer == code
    for x, y in zip(got, right, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-6)
