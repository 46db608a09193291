"""wg.debug.nans, wg.debug.kinks, wg.nondifferentiable."""

import warnings

import numpy as np
import pytest

import wengert as wg
from wengert.core.apply import WATCH, watching
from wengert.interpreters.tape import mode


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield
    assert (WATCH.looking, watching.lookers, mode.inspect, mode.noting) == (0, (), None, False)


def by_tape(f, x):
    x = wg.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad


def grads(f, x):
    """The same derivative by every mode that meets the birth."""
    yield lambda: wg.grad(f)(x)
    yield lambda: by_tape(f, x)
    yield lambda: wg.vmap(wg.grad(f))(np.stack([x, x]))
    yield lambda: wg.jit(wg.grad(f))(x)
    yield lambda: wg.grad(wg.grad(lambda z: np.sum(f(z * 1.0))) if np.ndim(x) == 0 else f)(x)


# function, point, in what it is born, op, class
# fmt: off
BORN = {
    "log of a negative number": (
        lambda x: np.sum(np.log(x)),
        np.array([1.0, -1.0]),
        "value",
        "log",
        "outside the domain",
    ),
    "log of zero": (lambda x: np.sum(np.log(x)), np.array([1.0, 0.0]), "value", "log", "at the edge of the domain"),
    "division by zero": (lambda x: np.sum(1 / x), np.array([1.0, 0.0]), "value", "divide", "a division by zero"),
    "0 / 0": (lambda x: np.sum(x / x), np.array([1.0, 0.0]), "value", "divide", "0/0"),
    "overflow": (lambda x: np.sum(np.exp(x)), np.array([1e3, 0.0]), "value", "exp", "an overflow"),
    "inf - inf": (lambda x: np.sum(x - x), np.array([np.inf, 0.0]), "value", "subtract", "∞ - ∞"),
    "0 · inf": (lambda x: np.sum(x * np.array([np.inf, 1.0])), np.array([0.0, 1.0]), "value", "multiply", "0·∞"),
    "0 · inf in a product of entries": (lambda x: np.prod(x), np.array([0.0, np.inf]), "value", "prod", "0·∞"),
    "0 · inf in a contraction": (
        lambda x: np.einsum("i,i->", x, np.array([np.inf, 1.0])),
        np.array([0.0, 1.0]),
        "value",
        "einsum",
        "0·∞",
    ),
    "inf - inf in a running sum": (
        lambda x: np.sum(np.cumsum(x)),
        np.array([np.inf, -np.inf]),
        "value",
        "cumsum",
        "∞ - ∞",
    ),
    "inf / inf": (
        lambda x: np.sum(x / np.array([np.inf, 1.0])),
        np.array([np.inf, 1.0]),
        "value",
        "divide",
        "∞/∞",
    ),
    "remainder by zero": (
        lambda x: np.sum(np.mod(1.0, x)),
        np.array([0.0, 0.3]),
        "value",
        "remainder",
        "a division by zero",
    ),
    "sine of infinity": (lambda x: np.sum(np.sin(x)), np.array([np.inf, 0.2]), "value", "sin", "outside the domain"),
    "slope of a root": (lambda x: np.sqrt(np.sum(x * x)), np.zeros(2), "adjoint", "sqrt", "an infinite slope"),
    "slope of arcsin": (lambda x: np.sum(np.arcsin(x)), np.array([0.0, 1.0]), "adjoint", "arcsin", "an infinite slope"),
}
# fmt: on


@pytest.mark.parametrize("f, x, what, op, cause", BORN.values(), ids=BORN)
def test_births_are_named_with_their_line(f, x, what, op, cause):
    line = f"test_debug.py:{f.__code__.co_firstlineno}"
    for run in grads(f, x):
        with wg.debug.nans(), pytest.raises(wg.errors.NonFinite) as error:
            run()
        e = error.value
        assert (e.what, e.op, e.cause, e.line) == (what, op, cause, line)
        assert isinstance(e, FloatingPointError | RuntimeError)
        happened, why, instead = str(e).splitlines()
        assert op in happened and line in happened
        assert cause in why
        assert instead.startswith("Write ")


def test_a_nan_of_a_product_of_adjoints():
    """√u at u = 0 has an infinite slope; without infinities it is the product 0 · ∞ behind it that is reported."""
    with wg.debug.nans(infs=False), pytest.raises(wg.errors.NonFinite) as error:
        wg.grad(lambda x: np.sqrt(x * x))(0.0)
    assert (error.value.what, error.value.op, error.value.cause) == ("adjoint", "multiply", "0·∞")
    assert "local derivative is 0 and the cotangent inf" in str(error.value)


def test_tangents():
    with wg.debug.nans(), pytest.raises(wg.errors.NonFinite, match="operands are x = 0") as error:
        wg.jvp(np.sqrt, (0.0,), (1.0,))
    assert (error.value.what, error.value.op) == ("tangent", "sqrt")
    with wg.debug.nans(), pytest.raises(wg.errors.NonFinite):
        wg.hessian(lambda x: np.sum(x**1.5))(np.array([1.0, 0.0]))


@pytest.mark.parametrize("outer", [wg.jacrev, wg.jacfwd])
def test_second_derivatives_name_the_line_of_the_op(outer):
    f = lambda x: np.sum(x**1.5)  # its slope is finite at 0, its curvature is not
    with wg.debug.nans(), pytest.raises(wg.errors.NonFinite) as error:
        outer(wg.grad(f))(np.array([1.0, 0.0]))
    e = error.value
    assert (e.what, e.cause, e.line) == ("adjoint", "an infinite slope", f"test_debug.py:{f.__code__.co_firstlineno}")


def test_what_is_given_or_masked_is_not_born():
    with wg.debug.nans():
        assert np.isnan(wg.grad(lambda x: np.sum(x * np.array([np.nan, 1.0])))(np.ones(2))[0])
        masked = wg.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)))(np.array([0.0, 4.0]))
    np.testing.assert_allclose(masked, [0.0, 0.25])


def test_compiled_functions_run_uncompiled_meanwhile_and_compiled_afterwards():
    f = wg.jit(lambda x: np.log(x) + 1.0)
    x = np.zeros(2)
    f(x), f(x)
    with wg.debug.nans(), pytest.raises(wg.errors.NonFinite):
        f(x)
    assert f(x)[0] == -np.inf
    with wg.debug.nans():
        out = f(np.ones(2))
    assert type(out) is np.ndarray and out.tolist() == [1.0, 1.0]
    assert f.traces == 1


def test_nans_decorates():
    @wg.debug.nans()
    def slope(x):
        return wg.grad(np.sqrt)(x)

    assert slope(4.0) == 0.25
    with pytest.raises(wg.errors.NonFinite):
        slope(0.0)


def test_rewrites_are_right():
    x = np.array([0.0, 4.0])
    ok = x > 0
    with wg.debug.nans():
        g = wg.grad(lambda x: np.sum(np.where(ok, np.log(np.where(ok, x, 1)), 0)))(x)
    np.testing.assert_allclose(g, [0.0, 0.25])


# --- kinks ---------------------------------------------------------------------------------------------------------


def test_kinks_are_listed_with_one_sided_derivatives():
    def f(x):
        y = np.abs(x)
        z = np.maximum(y, 1.0)
        return np.sum(z) + np.max(x)

    found = wg.debug.kinks(f, np.array([1.0, 0.0, 1.0]))
    first = f.__code__.co_firstlineno
    assert [(k.op, k.line - first) for k in found] == [("absolute", 1), ("maximum", 2), ("max", 3)]
    assert [(k.left, k.right, k.taken) for k in found] == [(-1.0, 1.0, 0.0), (0.0, 1.0, 0.5), (0.0, 1.0, 0.5)]
    assert (found[0].value, found[0].operand, found[0].entries, found[1].entries) == (0.0, "x", 1, 2)
    assert str(found).splitlines()[0].startswith(f"test_debug.py:{first + 1}  y = np.abs(x) has a kink")


def test_no_kinks():
    assert str(wg.debug.kinks(lambda x: np.sum(np.abs(x)), np.ones(2))) == "No kink or tie was hit."
    (branch,) = wg.debug.kinks(lambda x: np.where(x > 0, x, 3.0 * x), 0.0)
    assert branch.op == "greater"


# --- policy --------------------------------------------------------------------------------------------------------

X = np.array([0.3, 1.2, -0.4])
CONSTANT = {
    "floor": (lambda x: np.sum(np.floor(x) * x), "floor"),
    "sign": (lambda x: np.sum(np.sign(x)), "sign"),
    "round": (lambda x: round(x[0]) * x[0], "rint"),
    "a comparison as a number": (lambda x: np.sum((x > 0) * 2.0), "multiply"),
    "a comparison as a float": (lambda x: np.sum((x > 0).astype(float) * x), "astype"),
    "argmax": (lambda x: np.argmax(x) * 1.0 + x[0], "multiply"),
    "a step": (lambda x: np.sum(np.where(x > 0, 1.0, 0.0)), "where"),
    "a mean of truths": (lambda x: np.mean(x > 0), "astype"),
}
FINE = {
    "where": lambda x: np.sum(np.where(x > 0, x, 0.0)),
    "a mask": lambda x: np.sum(x[x > 0]),
    "a branch": lambda x: x[0] if x[0] > 0 else x[1],
    "sort": lambda x: np.sum(np.sort(x) * [1.0, 2.0, 3.0]),
    "max": lambda x: np.max(x) + np.median(x),
    "clip, abs": lambda x: np.sum(np.clip(x, 0, 1) + np.abs(x)),
    "a norm": lambda x: np.linalg.norm(x) * np.sinc(x[0]),
    "stop_gradient": lambda x: np.sum(wg.stop_gradient(np.sin(x)) * x),
    "filling": lambda x: np.sum(filled(x)),
}


def filled(x):
    y = np.zeros(3, like=x)
    y[0] = 1.0
    y[1:] = x[1:]
    return y


@pytest.mark.parametrize("f, op", CONSTANT.values(), ids=CONSTANT)
def test_locally_constant_steps(f, op):
    ways = [
        lambda: wg.grad(f)(X),
        lambda: wg.jvp(f, (X,), (X,)),
        lambda: wg.jit(wg.grad(f))(X),
        lambda: wg.hessian(f)(X),
    ]
    for run in ways:
        run()  # zero
        place = rf"{op} at test_debug\.py:{f.__code__.co_firstlineno}"
        with pytest.raises(wg.NotDifferentiable, match=place), wg.nondifferentiable("error"):
            run()
        with pytest.warns(wg.errors.ZeroDerivativeWarning, match=op), wg.nondifferentiable("warn"):
            run()


@pytest.mark.parametrize("f", FINE.values(), ids=FINE)
def test_steps_that_choose_are_fine(f):
    with wg.nondifferentiable("error"):
        wg.grad(f)(X), wg.jvp(f, (X,), (X,)), wg.hessian(f)(X), by_tape(f, X)
        if f is not FINE["a mask"] and f is not FINE["a branch"]:
            wg.vmap(wg.grad(f))(X[None]), wg.jit(wg.grad(f))(X)


def test_numbers_for_python():
    x = wg.tensor(X, requires_grad=True)
    for take in (lambda: x[0].item(), lambda: x.tolist(), lambda: bool(x[0])):
        take()
        with wg.nondifferentiable("error"), pytest.raises(wg.LostGradient, match=r"test_debug\.py"):
            take()
    with wg.nondifferentiable("error"):
        assert x.detach()[0].item() == X[0]
        with pytest.raises(wg.LostGradient):
            wg.jvp(lambda x: x if x else 2 * x, (1.0,), (1.0,))
    for policy in ("zero", "warn", "error"):
        with wg.nondifferentiable(policy), pytest.raises(wg.LostGradient):
            wg.grad(lambda x: float(x[0]))(X)


def test_the_policy_is_set_at_once_and_nests():
    f = lambda x: np.sum(np.floor(x))
    setting = wg.nondifferentiable("error")
    with pytest.raises(wg.NotDifferentiable):
        wg.grad(f)(X)
    with setting:
        with wg.nondifferentiable("zero"):
            wg.grad(f)(X)
        with pytest.raises(wg.NotDifferentiable):
            wg.grad(f)(X)
    wg.grad(f)(X)

    @wg.nondifferentiable("error")
    def strict(x):
        return wg.grad(f)(x)

    wg.grad(f)(X)
    with pytest.raises(wg.NotDifferentiable):
        strict(X)
    with pytest.raises(wg.InvalidArgument, match="quietly"):
        wg.nondifferentiable("quietly")


def test_the_warning_blames_the_line():
    with warnings.catch_warnings(record=True) as caught, wg.nondifferentiable("warn"):
        warnings.simplefilter("always")
        wg.grad(lambda x: np.sum(np.floor(x)))(X)
    assert [w.filename for w in caught] == [__file__]
