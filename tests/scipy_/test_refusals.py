"""Functions of SciPy's that fail on tensors: whose fault it is, and what the error says."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.sparse

import wengert as wg
from wengert.errors import LostGradient


def raised(f: Any, *args: Any) -> Exception:
    """The error that the call ends with."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its type is what is asked)
        f(*args)
    return caught.value


# --- names of wengert.scipy that have no twin -----------------------------------------------------------------


def test_a_function_that_fails_on_tensors_only_says_so_in_three_lines() -> None:
    error = raised(wg.grad(lambda x: wg.scipy.special.mathieu_even_coef(1, x)[0]), 0.5)
    assert isinstance(error, LostGradient)
    lines = str(error).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("scipy.special.mathieu_even_coef at test_refusals.py:")
    assert isinstance(error.__cause__, ValueError)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_a_mistake_of_the_callers_stays_its_own() -> None:
    """The same call fails on plain numbers, too."""
    error = raised(wg.grad(lambda x: wg.scipy.special.mathieu_even_coef(-1, x)[0]), 0.5)
    assert type(error) is ValueError
    error = raised(wg.grad(lambda x: wg.scipy.linalg.qr_update(x, x[0])), np.eye(2))
    assert type(error) is TypeError


def test_plain_numbers_pass_through() -> None:
    np.testing.assert_array_equal(wg.scipy.linalg.hilbert(2), scipy.linalg.hilbert(2))
    a = wg.scipy.sparse.csr_array(np.eye(2))
    assert scipy.sparse.issparse(a)
    assert wg.scipy.sparse.linalg.onenormest(a) == 1


def test_a_distribution_of_ours_is_scipys_to_scipy() -> None:
    data = np.random.default_rng(0).normal(size=20)
    ours, theirs = (
        module.stats.goodness_of_fit(module.stats.norm, data, n_mc_samples=9, rng=1).statistic
        for module in (wg.scipy, scipy)
    )
    assert ours == theirs


# --- SciPy's own functions ------------------------------------------------------------------------------------


def _fails(x: Any) -> Any:
    raise KeyError(x)


@pytest.mark.parametrize(
    ("f", "x", "says"),
    [
        (lambda x: scipy.special.riccati_jn(2, x)[0], 0.5, "Write wengert.scipy.special.riccati_jn."),
        (lambda x: scipy.special.pro_cv_seq(1, 3, x), 0.5, "wg.custom(f, vjp=...)"),
        (lambda x: scipy.optimize.brentq(lambda t: _fails(t - x), 0, 1), 0.5, "Write wengert.scipy.optimize.brentq."),
        (lambda x: scipy.sparse.linalg.splu(scipy.sparse.csc_array(np.eye(2))).solve(x), np.ones(2), "wengert.scipy"),
    ],
    ids=["of SciPy's Python", "without a twin", "in a function that it calls", "of compiled code"],
)
@pytest.mark.parametrize("transform", [wg.grad, wg.trace, wg.vmap, lambda f: lambda x: wg.jvp(f, (x,), (x,))])
def test_an_error_that_nobody_asked_a_tensor_about_has_a_note(f: Any, x: Any, says: str, transform: Any) -> None:
    error = raised(transform(lambda x: np.sum(f(x))), np.stack([x, x]) if transform is wg.vmap else x)
    assert not isinstance(error, wg.WengertError)
    (note,) = error.__notes__
    assert len(note.splitlines()) == 3
    assert says in note


def test_a_refusal_that_python_drops_leaves_a_note() -> None:
    """Compiled code calls back with it pending, and an attribute that is not in its cache makes Python clear it."""

    def f(x: Any) -> Any:
        def residual(t: Any) -> Any:
            sys._clear_type_cache()
            return x * t - np.float64(1)

        return scipy.optimize.brentq(residual, 0, 3)

    error = raised(wg.grad(f), 2.0)
    assert "wengert.scipy.optimize.brentq" in " ".join([str(error), str(error.__cause__), *error.__notes__])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: scipy.special.riccati_jn(2, [1.0])[0] + x,
        lambda x: x + len(3),  # type: ignore[arg-type]
        lambda x: int("a") + x,
        lambda x: wg.scipy.optimize.brentq(lambda t: _fails(t - x), 0, 1),
    ],
)
def test_errors_without_a_tensor_have_no_note(f: Any) -> None:
    assert not hasattr(raised(wg.grad(f), 0.5), "__notes__")


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scipy.optimize.fsolve(lambda t: t**3 - x, np.ones(2)),
        lambda x: scipy.optimize.leastsq(lambda t: t - x, np.ones(2)),
        lambda x: scipy.optimize.milp(x),
        lambda x: scipy.sparse.linalg.eigsh(np.outer(x, x), 1),
        lambda x: scipy.sparse.diags(x),
        lambda x: scipy.spatial.transform.Rotation.from_quat(np.concatenate([x, x])),
        lambda x: scipy.stats.Normal(mu=x),
    ],
    ids=["fsolve", "leastsq", "milp", "eigsh", "diags", "Rotation", "Normal"],
)
def test_checks_before_compiled_code_refuse_on_the_eager_tape(call: Any) -> None:
    with pytest.raises(LostGradient):
        call(wg.tensor(np.array([1.0, 2.0]), requires_grad=True))


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (lambda x: wg.scipy.linalg.qr_update(np.eye(2), np.eye(2), x, x), "linalg.qr of the changed matrix"),
        (lambda x: scipy.linalg.cossin(np.outer(x, x), 1, 1), "linalg.svd of the blocks"),
        (lambda x: wg.scipy.linalg.qz(np.outer(x, x), np.eye(2)), "schur\\(solve\\(b, a\\)\\)"),
        (lambda x: scipy.signal.remez(5, np.arange(4) * x[0] / 10, [1, 0]), "signal.firls"),
        (lambda x: scipy.signal.cspline2d(np.outer(x, x)), "ndimage.spline_filter"),
        (lambda x: scipy.optimize.check_grad(lambda t: np.sum(t * x), lambda t: x, np.ones(2)), "check_grads"),
        (lambda x: wg.scipy.special.mathieu_even_coef(1, x[0]), "wg.custom"),
    ],
    ids=["qr_update", "cossin", "qz", "remez", "cspline2d", "check_grad", "mathieu"],
)
def test_a_refusal_says_what_to_write_instead(call: Any, instead: str) -> None:
    with pytest.raises(LostGradient, match=instead):
        call(wg.tensor(np.array([1.0, 2.0]), requires_grad=True))


def test_a_minimizer_that_catches_a_refusal_does_not_hide_it() -> None:
    def call(c: Any) -> Any:
        return scipy.optimize.fmin_bfgs(lambda x: np.sum((x - c) ** 2), np.zeros(1))

    with pytest.raises(LostGradient, match="method='BFGS'"):
        wg.grad(call)(2.0)
