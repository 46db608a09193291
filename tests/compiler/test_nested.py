"""Loops and branches inside of a graph: simplified, and rid of what is not used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree
from wengert.compiler.passes import simplify
from wengert.compiler.passes.nested import is_cond, is_scan, is_while
from wengert.core.apply import apply
from wengert.core.op import joint
from wengert.interpreters.record import Equation, Graph


def simplified(f: Callable[..., Any], *args: Any) -> Graph:
    """The simplified trace; it computes what the trace does."""
    graph = wg.trace(f)(*args)
    new = simplify(graph)
    for a, b in zip(tree.leaves(new(*args)), tree.leaves(graph(*args)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    return new


def the(test: Callable[[Equation], bool], graph: Graph) -> Equation:
    """The one equation of this sort."""
    (found,) = [e for e in graph.equations if test(e)]
    return found


XS = np.linspace(0.1, 0.9, 7)


def test_what_nobody_reads_of_a_scan_is_gone() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        def body(carry: Any, x: Any) -> Any:
            u, v, w, k = carry
            return (u * b + x[0], v * np.exp(c) + x[1], w + u, k + 1), (u * 2, v * 3)

        (u, _, _, _), (ys, _) = wg.scan(body, (a, a, a, 0.0), (XS * a, np.cos(XS) * b))
        return u, ys

    scan = the(is_scan, simplified(f, 0.3, 0.5, 0.7))
    assert (scan.params["consts"], scan.params["carry"]) == (1, 1)
    assert len(scan.operands) == 3 and len(scan.results) == 2
    assert [e.op.name for e in scan.params["body"].equations] == ["multiply", "add", "multiply"]


def test_a_carry_that_stays_is_a_constant() -> None:
    def f(a: Any) -> Any:
        (u, p), _ = wg.scan(lambda c, x: ((c[0] * c[1] + x, c[1]), None), (a, np.sin(a)), XS * a)
        return u + p

    scan = the(is_scan, simplified(f, 0.3))
    assert (scan.params["consts"], scan.params["carry"]) == (1, 1)


def test_bodies_are_simplified() -> None:
    def f(a: Any) -> Any:
        return wg.scan(lambda c, x: (1 * np.sin(c) + np.sin(c) * x, None), a, XS * a)[0]

    body = the(is_scan, simplified(f, 0.3)).params["body"]
    assert [e.op.name for e in body.equations] == ["sin", "multiply", "add"]


def test_what_nobody_reads_of_a_while_loop_is_gone() -> None:
    def f(a: Any, b: Any) -> Any:
        u, _, _ = wg.while_loop(
            lambda c: c[0] < 10 * b, lambda c: (c[0] * 2 + c[2], np.exp(-c[1]) * b, c[2] * 1.5), (a, a, a)
        )
        return u

    loop = the(is_while, simplified(f, 0.3, 0.5))
    assert (loop.params["cond_consts"], loop.params["body_consts"], len(loop.results)) == (1, 0, 2)


def test_equal_loops_are_one() -> None:
    def f(a: Any) -> Any:
        return [wg.scan(lambda c, x: (np.sin(c) * x, None), a, XS * a)[0] for _ in range(3)]

    the(is_scan, simplified(f, 0.3))


def test_gradients_of_scans() -> None:
    def f(a: Any) -> Any:
        u, ys = wg.scan(lambda c, x: (np.sin(c) * x, c * x), a, XS * a)
        return u + np.sum(ys**2)

    simplified(wg.grad(f), 0.3)
    simplified(wg.grad(wg.grad(f)), 0.3)


def test_branches() -> None:
    def f(i: Any, a: Any, b: Any) -> Any:
        u, _ = wg.cond(i > 0, lambda x, y: (x * 1 + x, y * 2), lambda x, y: (x * 3, y + 1), a, b)
        return u

    cond = the(is_cond, simplified(f, 0.3, 0.5, 0.7))
    assert len(cond.operands) == 2 and len(cond.results) == 1
    assert sorted([e.op.name for e in g.equations] for g in cond.params["branches"]) == [["add"], ["multiply"]]


def test_a_branch_that_is_known_is_inlined() -> None:
    inner = wg.trace(lambda i, a: wg.cond(i > 0, np.sin, np.cos, a))(1.0, 0.5)
    new = simplified(lambda a: tree.leaves(inner.run([-1.0, a])), 0.5)
    assert [e.op.name for e in new.equations] == ["cos"]


def test_calls_are_inlined() -> None:
    class Program:
        def __init__(self, graph: Graph) -> None:
            self.graph = graph

        def __call__(self, *args: Any) -> Any:
            return tuple(self.graph.run(args))

    def no_rule(*args: Any) -> Any:
        raise AssertionError

    program = Program(wg.trace(lambda x, y: (np.sin(x) * y, np.sin(x)))(1.0, 2.0))
    call = joint(lambda *xs, program: program(*xs), "call", no_rule, no_rule)

    def f(x: Any) -> Any:
        a, b = apply(call, (x, x), {"program": program})
        c, _ = apply(call, (x, b), {"program": program})
        return a + c + np.sin(x)

    assert [e.op.name for e in simplified(f, 0.3).equations] == ["sin", "multiply", "multiply", "add", "add"]
