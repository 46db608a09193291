"""Pytrees in and out of every transform, and the arguments that choose what is differentiated."""

import dataclasses
import importlib
from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import numpy as np
import pytest

import wengert as wg

Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass
class Model:
    w: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any


class Registered:
    def __init__(self, first, second, name):
        self.first, self.second, self.name = first, second, name


wg.tree.register(Registered, lambda r: ((r.first, r.second), r.name), lambda name, c: Registered(*c, name))

A, B = np.array([1.0, 2.0]), np.array(3.0)
TREES = {
    "tuple": ((A, B), lambda t: (t[0], t[1])),
    "list": ([A, B], lambda t: (t[0], t[1])),
    "dict": ({"b": B, "a": A}, lambda t: (t["a"], t["b"])),
    "OrderedDict": (OrderedDict(b=B, a=A), lambda t: (t["a"], t["b"])),
    "defaultdict": (defaultdict(list, a=A, b=B), lambda t: (t["a"], t["b"])),
    "namedtuple": (Pair(A, B), lambda t: (t.a, t.b)),
    "dataclass": (Model(A, B), lambda t: (t.w, t.b)),
    "frozen dataclass": (Frozen(A, B), lambda t: (t.w, t.b)),
    "registered": (Registered(A, B, "x"), lambda t: (t.first, t.second)),
    "nested": ({"x": [A, None, (B,)], "y": ()}, lambda t: (t["x"][0], t["x"][2][0])),
}
each_tree = pytest.mark.parametrize("tree, parts", TREES.values(), ids=TREES)


def equal(got, wanted):
    leaves, structure = wg.tree.flatten(got)
    others, other = wg.tree.flatten(wanted)
    assert structure == other
    for a, b in zip(leaves, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def scaled(tree, factor):
    return wg.tree.map(lambda x: factor * x, tree)


@each_tree
def test_containers_go_through_every_transform(tree, parts):
    def f(t):
        a, b = parts(t)
        return np.sum(a**2) * b

    a, b = parts(tree)
    gradient = wg.grad(f)(tree)
    assert type(gradient) is type(tree)
    np.testing.assert_allclose(parts(gradient)[0], 2 * a * b)
    np.testing.assert_allclose(parts(gradient)[1], np.sum(a**2))
    value, again = wg.value_and_grad(f)(tree)
    assert value == f(tree)
    equal(again, gradient)
    ones = wg.tree.map(np.ones_like, tree)
    dot = np.sum(2 * a * b) + np.sum(a**2)
    np.testing.assert_allclose(wg.jvp(f, (tree,), (ones,))[1], dot)
    np.testing.assert_allclose(wg.linearize(f, tree)[1](ones), dot)
    equal(wg.jacfwd(f)(tree), gradient)
    equal(wg.jacrev(f)(tree), gradient)
    equal(wg.hvp(f, (tree,), (ones,)), wg.jvp(wg.grad(f, (0,)), (tree,), (ones,))[1])
    graph = wg.trace(f)(tree)
    np.testing.assert_allclose(graph(scaled(tree, 2.0)), 8 * f(tree))


@each_tree
def test_containers_come_out_of_every_transform(tree, parts):
    g = lambda x: wg.tree.map(lambda leaf: leaf * x * x, tree)
    out, tangent = wg.jvp(g, (2.0,), (1.0,))
    equal(out, scaled(tree, 4.0))
    equal(tangent, scaled(tree, 4.0))
    out, pull = wg.vjp(g, 2.0)
    (cotangent,) = pull(wg.tree.map(np.ones_like, tree))
    np.testing.assert_allclose(cotangent, 4.0 * sum(np.sum(p) for p in parts(tree)))
    equal(wg.jacfwd(g)(2.0), scaled(tree, 4.0))
    equal(wg.jacrev(g)(2.0), scaled(tree, 4.0))
    equal(wg.trace(g)(1.0)(3.0), scaled(tree, 9.0))
    batch = wg.vmap(g)(np.array([1.0, 2.0]))
    equal(batch, wg.tree.map(lambda leaf: np.stack([leaf, 4 * leaf]), tree))
    equal(wg.linearize(g, 2.0)[1](0.5), scaled(tree, 2.0))


def test_vmap_over_containers_and_axes():
    f = lambda p, x: p["w"] @ x + p["b"]
    p = {"w": np.arange(12.0).reshape(2, 3, 2), "b": np.ones((3,))}
    x = np.arange(4.0).reshape(2, 2)
    wanted = np.stack([p["w"][i] @ x[:, i] + p["b"] for i in range(2)])
    np.testing.assert_allclose(wg.vmap(f, in_axes=({"w": 0, "b": None}, 1))(p, x), wanted)
    np.testing.assert_allclose(wg.vmap(f, in_axes=({"w": 0, "b": None}, 1), out_axes=1)(p, x), wanted.T)
    np.testing.assert_allclose(wg.vmap(lambda x: x * 2, in_axes=-1, out_axes=-1)(x), 2 * x)
    many = np.arange(10.0)
    np.testing.assert_allclose(wg.vmap(lambda x: x**2, chunk_size=3)(many), many**2)
    pair = wg.vmap(lambda x: (x, {"sum": np.sum(x)}), out_axes=(1, 0))(x)
    equal(pair, (x.T, {"sum": x.sum(1)}))
    nested = wg.vmap(wg.vmap(lambda a, b: a * b, (None, 0)), (0, None))(many, many)
    np.testing.assert_allclose(nested, np.outer(many, many))
    np.testing.assert_allclose(wg.vmap(lambda x, scale: x * scale)(many, scale=many), many**2)
    np.testing.assert_allclose(wg.vmap(lambda x: 3.0)(many), 3.0 * np.ones(10))
    assert wg.vmap(lambda x: 3.0, out_axes=None)(many) == 3.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: wg.vmap(np.add)(np.ones(2), np.ones(3)),
        lambda: wg.vmap(np.sin, in_axes=1)(np.ones(2)),
        lambda: wg.vmap(np.sin, in_axes=(0, 0))(np.ones(2)),
        lambda: wg.vmap(np.sin, in_axes=None)(np.ones(2)),
        lambda: wg.vmap(np.sin, out_axes=None)(np.ones(2)),
        lambda: wg.vmap(lambda t: t["a"], in_axes=({"a": 0, "b": 0},))({"a": np.ones(2)}),
        lambda: wg.grad(np.sin)(np.ones(2)),
        lambda: wg.grad(np.sin, argnums=1)(1.0),
        lambda: wg.grad(lambda x: (x, x))(1.0),
        lambda: wg.grad(lambda x: x, has_aux=True)(1.0),
        lambda: wg.grad(lambda x: x * 1j)(1.0),
        lambda: wg.jvp(np.sin, (np.ones(2),), (np.ones(3),)),
        lambda: wg.jvp(np.sin, np.ones(2), np.ones(2)),
        lambda: wg.vjp(np.sin, np.ones(2))[1](np.ones(3)),
    ],
)
def test_wrong_arguments_are_three_lines(call):
    with pytest.raises(wg.InvalidArgument, match=r"\A[^\n]+\n[^\n]+\n[^\n]+\Z"):
        call()


@pytest.mark.parametrize("x", [1j * 0 == 0, np.arange(3), "text", np.array([True])], ids=str)
def test_what_has_no_derivative(x):
    with pytest.raises(wg.NotDifferentiable, match=r"\A[^\n]+\n[^\n]+\n[^\n]+\Z"):
        wg.grad(lambda x: 1.0)(x)


def test_structures_must_agree():
    with pytest.raises(wg.errors.StructureMismatch, match="dict"):
        wg.jvp(lambda t: t["a"], ({"a": 1.0},), ([1.0],))
    with pytest.raises(wg.errors.StructureMismatch):
        wg.vjp(lambda x: (x, x), 1.0)[1](1.0)
    with pytest.raises(wg.errors.StructureMismatch):
        wg.trace(lambda t: t[0])([1.0])((1.0,))


def test_argnums():
    f = lambda x, y, z: x * y**2 * z**3
    assert wg.grad(f, 1)(2.0, 3.0, 1.0) == 12.0
    assert wg.grad(f, -1)(2.0, 3.0, 1.0) == 54.0
    assert wg.grad(f, (0, 2))(2.0, 3.0, 1.0) == (9.0, 54.0)
    assert wg.grad(f, [2, 0])(2.0, 3.0, 1.0) == (54.0, 9.0)
    assert wg.grad(f)(2.0, z=1.0, y=3.0) == 9.0
    assert wg.jacfwd(f, (0, 1))(2.0, 3.0, 1.0) == (9.0, 12.0)
    assert wg.jacrev(f, 2)(2.0, 3.0, 1.0) == 54.0
    assert wg.jacobian(f, (2,))(2.0, 3.0, 1.0) == (54.0,)
    h = wg.hessian(f, (0, 1))(2.0, 3.0, 1.0)
    assert h == ((0.0, 6.0), (6.0, 4.0))
    assert wg.grad(lambda x, n: x**n)(2.0, 3) == 12.0  # integers that are not differentiated may be anything
    assert wg.grad(lambda x, name: x * len(name))(2.0, "abc") == 3.0
    assert wg.grad(f, np.int64(0))(2.0, 3.0, 1.0) == 9.0


def test_aux():
    f = lambda x: (x**2, {"seen": x + 1, "name": "run"})
    assert wg.grad(f, has_aux=True)(3.0) == (6.0, {"seen": 4.0, "name": "run"})
    assert wg.value_and_grad(f, has_aux=True)(3.0) == ((9.0, {"seen": 4.0, "name": "run"}), 6.0)
    out, pull, aux = wg.vjp(f, 3.0, has_aux=True)
    assert (out, pull(1.0), aux["seen"]) == (9.0, (6.0,), 4.0)
    out, tangent, aux = wg.jvp(f, (3.0,), (1.0,), has_aux=True)
    assert (out, tangent, aux["seen"]) == (9.0, 6.0, 4.0)
    assert wg.jacrev(f, has_aux=True)(3.0)[1]["seen"] == 4.0
    assert wg.jacfwd(f, has_aux=True)(3.0)[0] == 6.0
    assert wg.grad(lambda x: wg.grad(f, has_aux=True)(x)[0])(3.0) == 2.0
    assert type(wg.grad(f, has_aux=True)(3.0)[1]["seen"]) is np.float64


def test_dtypes_and_shapes_of_gradients():
    for dtype in (np.float32, np.float64, np.float16):
        x = np.ones((2, 1), dtype)
        for derive in (wg.grad, wg.jacrev):
            g = derive(lambda x: np.sum(np.sin(x) * np.ones((2, 3), np.float64)))(x)
            assert (g.shape, g.dtype) == ((2, 1), dtype)
    assert wg.grad(lambda x: x * x)(3) == 6.0
    assert wg.grad(lambda x: np.sum(x))(np.empty((0, 3))).shape == (0, 3)


def test_jacobian_picks_the_cheaper_accumulation(monkeypatch):
    used = []
    home = importlib.import_module("wengert.transforms.matrices")
    for name in ("jvp", "vjp"):
        real = getattr(home, name)
        monkeypatch.setattr(home, name, lambda *a, _f=real, _n=name, **k: (used.append(_n), _f(*a, **k))[1])
    tall = lambda x: np.outer(x, np.arange(5.0)).ravel()
    wide = lambda x: np.stack([np.sum(x), np.prod(x)])
    np.testing.assert_allclose(wg.jacobian(tall)(np.ones(2)), np.kron(np.eye(2), np.arange(5.0)[:, None]))
    assert used[-1] == "jvp"
    np.testing.assert_allclose(wg.jacobian(wide)(np.ones(7)), np.ones((2, 7)))
    assert used[-1] == "vjp"


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 100, None])
@pytest.mark.parametrize("derive", [wg.jacobian, wg.jacfwd, wg.jacrev, wg.hessian])
def test_chunks_change_nothing(derive, chunk_size):
    x = np.linspace(0.1, 1.0, 5)
    f = (lambda x: np.sum(np.sin(x) * x[::-1])) if derive is wg.hessian else (lambda x: np.sin(x) * x[::-1])
    np.testing.assert_allclose(derive(f, chunk_size=chunk_size)(x), derive(f)(x))


def test_axes_are_matched_by_key_not_by_order():
    f = lambda p: p["a"] + p["b"]
    p = {"a": np.zeros(3), "b": np.arange(2.0)}
    np.testing.assert_array_equal(wg.vmap(f, in_axes=({"b": 0, "a": None},))(p), [[0, 0, 0], [1, 1, 1]])
    pair = wg.vmap(lambda p: p.a * p.b, in_axes=(Pair(0, None),))(Pair(np.arange(2.0), np.ones(3)))
    np.testing.assert_array_equal(pair, [[0, 0, 0], [1, 1, 1]])
