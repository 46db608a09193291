"""The laws for loops and branches, which are no rows of the table: each program as plain Python and as one equation."""

import numpy as np
import pytest

import wengert as wg

XS = np.array([0.3, 0.5, -0.2, 0.7])
W = np.array([[0.3, -0.5], [0.2, 0.7]])


def scan_carry(w, c):
    return wg.scan(lambda c, x: (np.sin(c * w) * x + c, None), c, XS)[0]


def scan_stacked(w, xs):
    c, ys = wg.scan(lambda c, x: (np.sin(c * w) * x + c, c * c * x), 0.4, xs)
    return c * 2 + np.sum(ys * np.arange(1.0, 5.0))


def scan_reversed(w, xs):
    c, ys = wg.scan(lambda c, x: (np.tanh(c + x * w), c), 0.1, xs, reverse=True)
    return c + ys @ np.arange(4.0)


def scan_tree(w, h):
    def step(state, x):
        h = np.tanh(w @ state["h"] + x)
        return {"h": h, "n": state["n"] + 1}, {"norm": np.sum(h * h) * state["n"]}

    final, out = wg.scan(step, {"h": h, "n": 0}, XS)
    return np.sum(final["h"]) + np.sum(out["norm"])


def scan_matrix(w, x):
    return np.sum(wg.scan(lambda c, _: (w @ c / (1 + np.sum(c * c)), None), x, None, length=3)[0])


def scan_nested(w, c):
    def outer(c, x):
        return wg.scan(lambda d, y: (np.cos(d * w) + y * x, d), c, XS)[0], c

    c, ys = wg.scan(outer, c, XS)
    return c + np.sum(ys)


def checkpointed(policy):
    def program(w, xs):
        step = lambda c, x: (np.sin(c * w) * x + c, c * x)
        c, ys = wg.scan(step, 0.4, xs, checkpoint=policy)
        return c * 2 + np.sum(ys**2)

    program.__name__ = f"scan_{policy}"
    return program


def checkpointed_backwards(policy):
    def program(w, c):
        # Seven steps are no square: a stretch is left over.
        step = lambda c, x: (np.sin(c * w) * x[0] + c, {"a": c * x[1]})
        xs = (np.linspace(0.1, 1.0, 7), np.linspace(-1.0, 1.0, 7))
        final, ys = wg.scan(step, c, xs, reverse=True, checkpoint=policy)
        return final * 2 + np.sum(ys["a"] ** 2)

    program.__name__ = f"scan_backwards_{policy}"
    return program


def fori(w, c):
    return wg.fori_loop(1, 5, lambda i, c: c * np.sin(w) + i, c)


def mapped(w, xs):
    return np.sum(wg.map(lambda x: np.exp(-w * x * x), xs))


def newton(a, b, checkpoint=None):
    go = lambda s: np.abs(s[0] ** 2 * b - a) > 1e-10
    step = lambda s: (0.5 * (s[0] + a / (s[0] * b)), s[1] + 1)
    return np.sin(wg.while_loop(go, step, (a + 1.0, 0), checkpoint=checkpoint)[0])


def newton_sqrt(a, b):
    return newton(a, b, "sqrt")


def newton_binomial(a, b):
    return newton(a, b, "binomial")


def halving(w, x):
    return np.sum(wg.while_loop(lambda x: np.sum(x * x) > 0.1, lambda x: np.sin(x) * w, x))


def branch(x, w):
    return wg.cond(x > 0, lambda x: np.log(x) * w, lambda x: x**2 * w**2 + np.sqrt(-x), x)


def closing(x, w):
    return wg.cond(x > 0, lambda: np.log(x) * w, lambda: np.sin(x) + w)


def switched(x, w):
    index = np.where(x > 1, 2, np.where(x > 0, 1, 0))
    return wg.switch(index, [lambda x, w: w * x, lambda x, w: np.sin(w * x), lambda x, w: np.exp(x / w)], x, w)


def branch_in_loop(w, xs):
    def step(c, x):
        return wg.cond(c > 0.5, lambda c: c * w * x, lambda c: np.cos(c) + x, c), c

    c, ys = wg.scan(step, 0.4, xs)
    return c + np.sum(ys * ys)


CASES = {
    f.__name__: (f, args)
    for f, args in [
        (scan_carry, (1.3, 0.4)),
        (scan_stacked, (1.3, XS)),
        (scan_reversed, (0.8, XS)),
        (scan_tree, (W, np.array([0.1, -0.4]))),
        (scan_matrix, (W, np.array([0.6, -0.4]))),
        (scan_nested, (0.7, 0.3)),
        (checkpointed("sqrt"), (1.3, XS)),
        (checkpointed("binomial"), (1.3, XS)),
        (checkpointed_backwards("sqrt"), (1.3, 0.4)),
        (checkpointed_backwards("binomial"), (1.3, 0.4)),
        (fori, (0.9, 1.2)),
        (mapped, (0.7, XS)),
        (newton, (3.0, 2.0)),
        (newton_sqrt, (3.0, 2.0)),
        (newton_binomial, (3.0, 2.0)),
        (halving, (0.9, np.array([1.0, 2.0]))),
        (branch, (1.7, 0.6)),
        (closing, (1.7, 0.6)),
        (switched, (0.4, 0.6)),
        (branch_in_loop, (1.2, XS)),
    ]
}


def recorded(f, args):
    """The same function as one equation, traced at other arguments."""
    graph = wg.trace(f)(*[a * 1.07 for a in args])
    return lambda *a: graph(*a)


def twice_recorded(f, args):
    """A graph of a graph."""
    return recorded(recorded(f, args), args)


FORMS = {"plain": lambda f, args: f, "recorded": recorded, "twice": twice_recorded}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def directions(args):
    rng = np.random.default_rng(3)
    return tuple(rng.normal(size=np.shape(a)) for a in args)


def difference(f, args, ts, h=1e-6):
    """A central difference along ts."""
    ahead, behind = (f(*[a + s * h * t for a, t in zip(args, ts, strict=True)]) for s in (1, -1))
    return (ahead - behind) / (2 * h)


def along(f, args, ts):
    """f on the line through args."""
    return lambda s: f(*[a + s * t for a, t in zip(args, ts, strict=True)])


def close(a, b, tolerance=1e-9):
    assert np.allclose(a, b, rtol=tolerance, atol=tolerance), (a, b)


def test_value_and_replay(case):
    f, args = case
    for form in FORMS.values():
        close(form(f, args)(*args), f(*args))
    other = tuple(a * 0.93 for a in args)
    close(recorded(f, args)(*other), f(*other))


def test_forward(case, form):
    f, args = case
    ts = directions(args)
    out, moved = wg.jvp(form(f, args), args, ts)
    close(out, f(*args))
    close(moved, difference(f, args, ts), 2e-6)
    for n in range(len(args)):  # a zero tangent may stay None
        only = tuple(t if i == n else None for i, t in enumerate(ts))
        zeros = tuple(t if i == n else 0 * t for i, t in enumerate(ts))
        close(wg.jvp(form(f, args), args, only)[1], wg.jvp(f, args, zeros)[1])


def test_linearize(case, form):
    f, args = case
    ts = directions(args)
    out, push = wg.linearize(form(f, args), *args)
    assert isinstance(out, np.generic)
    close(out, f(*args))
    close(push(*ts), wg.jvp(f, args, ts)[1])


def test_adjoint(case, form):
    f, args = case
    ts = directions(args)
    gradients = wg.grad(form(f, args), tuple(range(len(args))))(*args)
    close(sum(np.sum(g * t) for g, t in zip(gradients, ts, strict=True)), wg.jvp(f, args, ts)[1])
    for n in range(len(args)):
        close(wg.grad(form(f, args), n)(*args), gradients[n])


def test_the_gradient_recorded(case):
    f, args = case
    both = wg.grad(f, (0, 1))
    graph = wg.trace(both)(*[a * 1.07 for a in args])
    for got, want in zip(graph(*args), both(*args), strict=True):
        close(got, want)
    push = wg.trace(lambda *a: wg.jvp(f, a, directions(args)))(*args)
    close(push(*args)[1], wg.jvp(f, args, directions(args))[1])


@pytest.mark.parametrize("position", [0, 1])
def test_batch(case, form, position):
    f, args = case
    axes = tuple(0 if n == position else None for n in range(2))
    entries = [args[position] * s for s in (1.0, 0.8, 1.1, -0.9 if f in (branch, switched, closing) else 0.95)]
    batch = tuple(np.stack(entries) if n == position else a for n, a in enumerate(args))
    one = lambda g: [g(*[e if n == position else a for n, a in enumerate(args)]) for e in entries]
    g = form(f, args)
    close(wg.vmap(g, axes)(*batch), one(f))
    for n in range(2):
        close(wg.vmap(wg.grad(g, n), axes)(*batch), np.stack(one(wg.grad(f, n))))
        total = lambda *a: np.sum(wg.vmap(g, axes)(*a))
        want = np.stack(one(wg.grad(f, n)))
        close(wg.grad(total, n)(*batch), want if n == position else np.sum(want, axis=0))
    ts = directions(args)
    tangents = lambda *a: wg.jvp(g, a, ts)[1]
    close(wg.vmap(tangents, axes)(*batch), one(lambda *a: wg.jvp(f, a, ts)[1]))


def test_order(case, form):
    f, args = case
    ts = directions(args)
    s = along(form(f, args), args, ts)
    r, fwd = wg.grad, wg.derivative
    want = difference(lambda s: wg.derivative(along(f, args, ts))(s), (0.0,), (1.0,))
    second = [r(r(s))(0.0), r(fwd(s))(0.0), fwd(r(s))(0.0), fwd(fwd(s))(0.0)]
    for got in second:
        close(got, second[0])
        close(got, want, 1e-4)
    close(r(r(r(s)))(0.0), fwd(fwd(fwd(s)))(0.0), 1e-8)
    close(fwd(r(r(s)))(0.0), r(fwd(r(s)))(0.0), 1e-8)


def test_order_recorded(case):
    f, args = case
    s = along(f, args, directions(args))
    want = wg.grad(wg.grad(s))(0.0)
    for second in (wg.grad(wg.grad(s)), wg.derivative(wg.grad(s)), wg.grad(wg.derivative(s))):
        close(wg.trace(second)(0.01)(0.0), want)
    hessian = wg.vmap(wg.grad(wg.grad(s)))
    close(wg.trace(hessian)(np.zeros(2))(np.array([0.0, 0.02])), [want, wg.grad(wg.grad(s))(0.02)])


def test_retape(case):
    f, args = case
    g = recorded(f, args)
    x = wg.tensor(args[0], requires_grad=True)
    (first,) = wg.autograd.grad(g(x, args[1]), x, create_graph=True)
    close(first.detach(), wg.grad(f)(*args))
    np.sum(np.sin(first)).backward()
    want = wg.grad(lambda a: np.sum(np.sin(wg.grad(f)(a, args[1]))))(args[0])
    close(x.grad.detach(), want, 1e-8)


@pytest.mark.parametrize("name", ["mapped", "halving", "branch", "switched", "fori"])
def test_float32_stays(name, form):
    f, args = CASES[name]
    small = tuple(np.asarray(a, np.float32)[()] for a in args)
    g = form(f, small)
    assert g(*small).dtype == np.float32
    for gradient in wg.grad(g, (0, 1))(*small):
        assert gradient.dtype == np.float32
