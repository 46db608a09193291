"""wg.code: the source runs by itself, computes what wg.grad and wg.jvp compute, and is as a formatter leaves it."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.core.apply import apply
from wengert.core.op import TABLE, elementwise

# The masked program takes the logarithm of 0.
pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value) encountered:RuntimeWarning")

rng = np.random.default_rng(4)


def sigmoid(x, w):
    s = w * x
    L = 1 / (1 + np.exp(-s))
    return L


def layers(w, x, y):
    s1 = x @ w
    s2 = np.tanh(s1)
    L = np.sum((s2 - y) ** 2) / len(y)
    return L


def vectors(a, x, y):
    return (a @ x) @ y + y @ a @ x + np.sum(np.outer(x, y) * a.T) + np.einsum("ij,ij->", a, a)


def written(x):
    y = np.zeros(len(x), like=x)
    y[1:] = np.sin(x[1:]) * x[:-1]
    y[0] = x[0] ** 3
    y *= 2
    y[-1] += y[0]
    return np.sum(y**2) + np.linalg.norm(x)


def kept(x):
    y = x * 1.5
    z = y[1:3]
    first = y[0] * 2
    y[0] = x[1]
    z += 1
    return np.sum(y * x) + first


def broadcast(x, b):
    m = x.mean(axis=0)
    c = np.where(x > 0, np.sqrt(np.abs(x)), 0) + b
    return np.max(c) + np.sum(m * b) + np.prod(b) + np.sum(np.sum(x, axis=1, keepdims=True) * x)


def masked(x):
    return np.sum(np.where(x > 0, np.log(np.maximum(x, 0)), x**2))


def ties(x):
    return np.sum(np.maximum(x, 1.0)) + np.max(x) - np.min(np.abs(x)) + np.sum(np.clip(x, -0.5, 0.5))


def gathered(x):
    i = np.array([0, 2, 2, 1])
    z = x[i] * np.concatenate([x, x[:1]])
    y = np.zeros(4, like=x)
    y[i] = z
    return np.sum(z[::2]) + np.logaddexp(x[0], x[1]) + np.sum(y**3)


def shapes(x):
    t = np.stack([x, x[::-1]]).T.reshape(2, -1)
    return np.sum(np.cumsum(t, axis=1) * np.roll(t, 1, axis=0)) + np.trace(t @ t.T) + np.sum(np.pad(x, 2)[1:4] ** 2)


def algebra(a, b):
    spd = a @ a.T + 3 * np.eye(3)
    return np.linalg.solve(spd, b) @ b + np.linalg.slogdet(spd)[1] + np.linalg.det(spd)


def divided(x, y):
    return np.sum((x / y) * (y / (x * x + 1)) - (x - (y - x)) / (2 - y)) * (x[0] // 0.25) + np.sum((x % 0.7) ** -2)


def branching(x):
    return np.sum(x**3) if x[0] > 0 else np.sum(np.cos(x))


def containers(params, x):
    h = x
    for layer in params["layers"]:
        h = np.tanh(h @ layer["w"] + layer["b"])
    return np.sum(h**2) * params["scale"]


def losses(x):
    weights = wg.nn.functional.softmax(x, dim=0)
    return wg.logsumexp(x, 0) + np.sum(wg.special.expit(x) * weights) + np.sum(np.std(x))


def recurrent(w, x, h):
    for t in range(20):
        h = np.tanh(w @ h + x[t])
    return np.sum(h**2)


def steps(x):
    v = np.zeros(3, like=x)
    for _ in range(40):
        v = 0.9 * v - 0.1 * np.sin(x)
        x = x + v
    return np.sum(x * v)


def summed(w, x):
    L = 0.0
    for t in range(12):
        L = L + np.sum((w @ x[t]) ** 2)
    return L


def fibonacci(x, y):
    for _ in range(25):
        x, y = y, 0.3 * x + np.cos(y)
    return x * y


def filled(x):
    y = np.zeros(30, like=x)
    y[0] = x[0]
    for k in range(1, 30):
        y[k] = 0.5 * y[k - 1] + np.sin(x[k])
    return np.sum(y**2)


def nested(x):
    for _ in range(12):
        for _ in range(10):
            x = x + 0.01 * np.cos(x)
        x = x * x / 2
    return np.sum(x)


def rewritten(x):
    y = x * 2
    y[1] = y[0] * x[2]
    z = y[1:] * 1.0
    y[2:] += z[1:] ** 1e-05
    z[0] = y[3]
    y[:2] = z[:2] * y[2:4]
    return np.sum(y**3) + np.sum(z * x[1:])


def crossed(x, w):
    y = np.zeros(20, like=x)
    h, g = x, x * 0
    for k in range(15):
        y[k] = h[0] + (y[k - 1] if k else 0.0) * 0.3
        h, g = g * 0.5 + x, h
        h = np.tanh(w * h) + 0.1 * g
    return np.sum(h * h) + np.sum(y**2) + np.sum(g)


def itself(x):
    return x


def unread(x, y):
    return np.sum(x) + 1


def diagonals(x):
    chosen = np.take_along_axis(x.reshape(2, 2), np.array([[1], [0]]), 1)
    return np.sum(np.diag(x) @ np.diag(x)) + np.sum(np.tril(np.outer(x, x))) + np.sum(chosen**2)


def scanned(w, x):
    last, all_ = wg.scan(lambda c, row: (np.tanh(w * c + row), c * row), x[0], x)
    return np.sum(last) + np.sum(all_)


def root(a):
    x = wg.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)
    return x * a


def chosen(x):
    y = wg.cond(x[0] > 0, lambda x: np.sum(x**3), lambda x: np.sum(np.cos(x)), x)
    return y**2


def switched(x):
    i = np.sum(x > 0)
    return wg.switch(i, [np.sum, lambda x: np.sum(x**2), lambda x: np.sum(x) * x[0]], x)


def counted(w, x):
    state = (0, x)
    _, h = wg.while_loop(lambda s: s[0] < 5, lambda s: (s[0] + 1, np.tanh(w @ s[1]) + s[1] * 0.5), state)
    return np.sum(h**2)


def steered(w, x):
    def step(c, row):
        c = wg.cond(np.sum(c) > 0, lambda c: np.tanh(w * c) + row, lambda c: c * row, c)
        c = wg.while_loop(lambda c: np.sum(c * c) > 1, lambda c: c * w, c)
        return c, c[0]

    last, all_ = wg.scan(step, x[0], x)
    return np.sum(last * last) + np.sum(all_)


def stored_seldom(w, x):
    def step(c, row):
        return np.tanh(w * c + row), c * row

    last, ys = wg.scan(step, x[0], x, checkpoint="binomial")
    last, zs = wg.scan(step, last, x, checkpoint="sqrt")
    z = wg.while_loop(lambda c: np.sum(c * c) > 1e-3, lambda c: c * w, last, checkpoint="binomial")
    return np.sum(z) + np.sum(ys) + np.sum(zs * x)


def normal(x):
    return np.sum(wg.nn.functional.gelu(x) * wg.special.erf(x)) + wg.nn.functional.mse_loss(x, np.cos(x))


def n(*shape: int) -> Any:
    return rng.normal(size=shape)


PARAMS = {"layers": [{"w": n(3, 2), "b": n(2)}, {"w": n(2, 4), "b": n(4)}], "scale": 1.5}

PROGRAMS = [
    (sigmoid, (0.5, 2.0)),
    (layers, (n(3, 2), n(4, 3), n(4, 2))),
    (vectors, (n(2, 3), n(3), n(2))),
    (written, (n(5),)),
    (kept, (n(4),)),
    (broadcast, (n(3, 2), n(2))),
    (masked, (np.array([0.0, 1.0, -2.0, 0.5]),)),
    (ties, (np.array([1.0, 2.0, 2.0, -1.0, 0.5]),)),
    (gathered, (n(3),)),
    (shapes, (n(4),)),
    (algebra, (n(3, 3), n(3))),
    (divided, (n(3), n(3))),
    (branching, (np.array([1.0, 2.0]),)),
    (branching, (np.array([-1.0, 2.0]),)),
    (containers, (PARAMS, n(5, 3))),
    (losses, (n(4),)),
    (recurrent, (n(3, 3), n(20, 3), n(3))),
    (steps, (n(3),)),
    (summed, (n(3, 3), n(12, 3))),
    (fibonacci, (0.3, 0.4)),
    (filled, (n(30),)),
    (nested, (n(2),)),
    (rewritten, (np.abs(n(4)) + 0.1,)),
    (crossed, (n(4), 0.7)),
    (itself, (2.0,)),
    (unread, (n(3), n(2))),
    (diagonals, (n(4),)),
    (scanned, (0.7, n(6, 2))),
    (root, (4.0,)),
    (chosen, (np.array([1.0, 2.0]),)),
    (chosen, (np.array([-1.0, 2.0]),)),
    (switched, (np.array([1.0, -2.0]),)),
    (counted, (n(3, 3), n(3))),
    (steered, (0.6, n(4, 3))),
    (stored_seldom, (0.7, n(5, 2))),
    (normal, (n(3),)),
]
IDS = [f"{f.__name__}{k}" for k, (f, _) in enumerate(PROGRAMS)]


def leaves(x: Any) -> list[Any]:
    return wg.tree.leaves(x)


def agree(got: Any, want: Any) -> None:
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        scale = np.max(np.abs(b), initial=1e-300)
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13 * scale)


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_reverse_source_is_the_gradient(f, args):
    source = wg.code(f, *args)
    value, gradient = source.function()(*leaves(args))
    want_value, want = wg.value_and_grad(f, argnums=tuple(range(len(args))))(*args)
    agree([value], [want_value])
    agree(leaves(gradient), leaves(want))


@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_forward_source_is_the_jvp(f, args):
    source = wg.code(f, *args, mode="forward")
    tangents = wg.tree.map(lambda x: np.cos(np.asarray(x) + 1)[()], args)
    got = source.function()(*leaves(args), *leaves(tangents))
    agree(got, wg.jvp(f, args, tangents))


def ruff(*words: str, source: str) -> str:
    command = [sys.executable, "-m", "ruff", *words, "--isolated", "--line-length", "88", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("f", "args"), PROGRAMS, ids=IDS)
def test_a_formatter_leaves_the_source_as_it_is(f, args, mode):
    source = wg.code(f, *args, mode=mode)
    assert ruff("format", source=source) == source
    ruff("check", source=source)
    assert max(len(line) for line in source.splitlines()) <= 88


def test_the_source_runs_by_itself(tmp_path):
    (tmp_path / "made.py").write_text(wg.code(sigmoid, 0.5, 2.0))
    run = "import made, sys; print(made.sigmoid_and_grad(0.5, 2.0)); assert 'wengert' not in sys.modules"
    subprocess.run([sys.executable, "-c", run], cwd=tmp_path, check=True, capture_output=True)


def test_the_gates_of_the_sigmoid():
    assert (
        wg.code(sigmoid, 0.5, 2.0)
        == """\
import numpy as np


def sigmoid_and_grad(x, w):
    s = w * x
    # line 25: L = 1 / (1 + np.exp(-s))
    v1 = np.exp(-s)
    v2 = 1 + v1
    L = 1 / v2

    grad_L = 1.0
    grad_s = -(grad_L * (-L / v2) * v1)
    grad_w = grad_s * x
    grad_x = grad_s * w
    return L, (grad_x, grad_w)
"""
    )


def test_contributions_to_a_part_are_added_in_place():
    source = wg.code(written, n(5))
    assert "grad_x[0] += " in source and "grad_x[:-1] += " in source


def test_branches_and_while_loops_stay():
    source = wg.code(root, 4.0)
    assert "    while np.abs(x * x - a) > 1e-12:\n" in source
    assert "stored.append((" in source and " in reversed(stored):" in source
    again = source.function()
    for a in (2.0, 100.0):
        agree(again(a), wg.value_and_grad(root)(a))
    source = wg.code(chosen, np.array([1.0, 2.0]))
    assert source.count("if ") == source.count("else:") == 2
    other = np.array([-3.0, 0.5])
    agree(source.function()(other), wg.value_and_grad(chosen)(other))


def test_arrays_are_written_in_place_where_their_old_values_are_dead():
    source = wg.code(filled, n(30))
    assert "np.array(" not in source
    assert "        y[k + 1] = 0.5 * y[k] + " in source
    assert "        grad_y[k2 + 1] = 0.0\n" in source


def test_special_functions_need_scipy_only_where_numpy_has_none():
    assert "scipy" not in wg.code(normal, n(3))
    source = wg.code(lambda x: wg.special.gamma(x), 2.5)
    assert source.startswith("from scipy import special\n")
    agree(leaves(source.function()(2.5)), leaves(wg.value_and_grad(wg.special.gamma)(2.5)))


def test_code_of_the_library_comes_along():
    source = wg.code(lambda x, w: np.sum(wg.nn.functional.conv1d(x, w) ** 2), n(1, 2, 5), n(3, 2, 2))
    assert "wengert" not in source and "# fmt: off" in source
    assert ruff("format", source=source) == source


@pytest.mark.parametrize(("f", "args"), [p for p in PROGRAMS if p[0] in (recurrent, steps, summed, fibonacci, nested)])
def test_loops_stay_loops(f, args):
    source = wg.code(f, *args)
    forward, backward = source.split("grad_" + ("L" if f is summed else "out") + " = 1.0")
    assert "    for k in range(" in forward
    assert "    for k" in backward
    assert len(source.splitlines()) < 100


def test_other_inputs():
    again = wg.code(written, n(5)).function()
    x = n(5)
    agree(again(x), wg.value_and_grad(written)(x))


def test_single_precision_stays():
    def f(x):
        return np.sum(np.exp(x * 0.1) / 3 + np.float32(2.5) * x**2.5)

    x = np.abs(n(3)).astype(np.float32)
    value, gradient = wg.code(f, x).function()(x)
    assert value.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, wg.grad(f)(x), rtol=1e-5)


def test_complex_numbers():
    def f(z):
        return np.sum(np.abs(z * (1 + 2j)) ** 2) + np.real(np.sum(z**3))

    z = n(3) + 1j * n(3)
    source = wg.code(f, z)
    agree(source.function()(z), wg.value_and_grad(f)(z))
    assert ruff("format", source=source) == source


def test_a_result_of_several_numbers_takes_a_cotangent():
    def f(x):
        y = np.sin(x) * x
        return y

    x, g = n(3), n(3)
    source = wg.code(f, x)
    assert "def f_and_vjp(x, grad_y):" in source
    value, gradient = source.function()(x, g)
    y, pull = wg.vjp(f, x)
    agree([value, gradient], [y, pull(g)[0]])


def test_large_constants_are_keyword_arguments():
    table = n(30, 3)

    def f(x):
        return np.sum(np.exp(table @ x))

    source = wg.code(f, np.ones(3))
    assert list(source.constants) == ["table"]
    assert "def f_and_grad(x, *, table):" in source
    agree(source.function()(np.ones(3)), wg.value_and_grad(f)(np.ones(3)))


def test_wrt_leaves_the_others_alone():
    source = wg.code(layers, n(3, 2), n(4, 3), n(4, 2), wrt="w")
    assert "grad_x" not in source and source.rstrip().endswith("return L, grad_w")


def test_unknown_modes_and_functions_are_refused():
    with pytest.raises(wg.errors.InvalidArgument):
        wg.code(sigmoid, 0.5, 2.0, mode="sideways")
    nameless = elementwise(lambda x: np.float64(math.sinh(x)), "x", name="nameless_row", dx=1)
    TABLE.pop(nameless.name)
    with pytest.raises(wg.errors.MissingRule):
        wg.code(lambda x: apply(nameless, (x,)), 2.0)


def test_names_of_numpy_are_not_taken():
    def f(np_, strong):
        lambda_ = np.sqrt(strong) * np_
        return lambda_ * 1.0

    source = wg.code(f, 2.0, 3.0)
    agree(leaves(source.function()(2.0, 3.0)), leaves(wg.value_and_grad(f, argnums=(0, 1))(2.0, 3.0)))
