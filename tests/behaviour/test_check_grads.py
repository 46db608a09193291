"""check_grads passes what is right, and says what is wrong, where, and whose fault it is."""

import numpy as np
import pytest

import wengert as wg
from wengert.testing import check_grads

X = np.array([0.3, -1.2, 0.7])
ALL = ["value", "fwd", "rev", "batch", "trace", "jit", "pattern", "dtype", "rr", "fr", "rf", "ff"]

RIGHT = {
    "elementwise": (lambda x: np.exp(x) * np.sin(x), (X,)),
    "a tree": (lambda p, y: {"a": p["w"] @ p["m"] * y, "b": (np.sum(p["w"]),)}, ({"w": X, "m": np.eye(3) + 1}, 2.0)),
    "a loop with writes": (lambda x: looped(x), (X,)),
    "float32": (lambda x: np.tanh(x) * x[0], (X.astype(np.float32),)),
    "complex": (lambda z: z**2 * np.conj(z[::-1]), (X + 1j * X[::-1],)),
    "an integer argument": (lambda x, n: x[n] ** 2, (X, np.array([2, 0]))),
    "an integer result": (lambda x: (np.argmax(x), np.sum(x**3)), (X,)),
    "linear algebra": (lambda a, b: np.linalg.solve(a, b), (np.eye(3) + 0.2, X)),
    "empty": (lambda x: np.sum(x * 2.0), (np.zeros((0, 3)),)),
    "large": (lambda x: np.sum(np.sin(x) ** 2), (np.linspace(0.1, 1.0, 400),)),
}


def looped(x):
    y = np.zeros(3, like=x)
    y[0] = x[0] ** 2
    for i in range(1, 3):
        y[i] = np.sin(y[i - 1]) * x[i]
    return y


@pytest.mark.parametrize("f, args", RIGHT.values(), ids=RIGHT)
def test_right_ones_pass(f, args):
    report = check_grads(f, args)
    assert report.ok and bool(report)
    assert [c.law for c in report.checks] == ALL
    assert {c.status for c in report.checks} == {"ok"}, str(report)
    assert str(report).startswith(f"check_grads of {f.__name__}: all laws hold\nlaw ")


def test_decisions_by_value_are_told():
    report = check_grads(lambda x: x * x if x > 0 else -x, (2.0,))
    assert report.ok
    assert {c.law: c.detail for c in report.checks if c.status == "skipped"}.keys() == {"batch", "trace", "jit"}


def wrong_jvp(x):
    return np.sum(wg.custom(np.sin, jvp=lambda t, out, x: t[0] * np.sin(x))(x) * 2.0)


def wrong_vjp(x):
    triple = wg.custom(lambda x: 3 * x, vjp=lambda g, out, x: 2 * g)
    return np.sum(np.exp(triple(x)))


def test_a_wrong_forward_rule():
    report = check_grads(wrong_jvp, (X,), raises=False)
    assert not report.ok
    failed = {c.law: c for c in report.failures}
    assert failed["fwd"].detail.startswith("∂ by args[0][")
    assert "jvp" in failed["fwd"].detail and "differences" in failed["fwd"].detail
    assert failed["fwd"].error > 0.1
    assert f"test_check_grads.py:{wrong_jvp.__code__.co_firstlineno + 1}" in report.blame
    assert "forward rule" in report.blame


def test_a_wrong_reverse_rule_raises_with_the_table():
    with pytest.raises(wg.errors.GradcheckError) as error:
        check_grads(wrong_vjp, (X,))
    text = str(error.value)
    assert "FAILED" in text and "fwd" in text
    assert f"responsible: <lambda>() at test_check_grads.py:{wrong_vjp.__code__.co_firstlineno + 2}" in text


def test_reverse_alone_is_compared_with_differences():
    report = check_grads(wrong_vjp, (X,), order=1, modes=("rev",), raises=False)
    assert [c.law for c in report.failures] == ["gradient"]


def test_a_lost_gradient_is_a_failure_that_tells():
    def f(x):
        return np.sin(float(x[0])) * x[1]

    report = check_grads(f, (X,), raises=False, modes=("value", "fwd", "rev"), order=1)
    assert {c.status for c in report.checks} == {"failed"}
    assert all("LostGradient: float() at test_check_grads.py:" in c.detail for c in report.checks)


def test_a_constant_that_depends_on_the_input_is_found():
    """The numbers were taken out by hand: the derivative is that of another function, and differences tell."""
    f = lambda x: x * wg.stop_gradient(x)
    report = check_grads(f, (X,), raises=False)
    assert {"fwd"} <= {c.law for c in report.failures}
    assert "differences" in report.failures[0].detail


def test_kinks_are_compared_with_one_sided_derivatives():
    report = check_grads(lambda x: np.abs(x) + np.maximum(x, 1.0), (np.array([0.0, 1.0, 2.0]),))
    status = {c.law: c.status for c in report.checks}
    assert report.ok and status["fwd"] == "kink" and status["rev"] == "ok" and status["rr"] == "skipped"
    assert len(report.kinks) == 2 and "np.abs(x) has a kink" in report.kinks[0] and "kink: " in str(report)
    steep = wg.custom(np.abs, jvp=lambda t, out, x: t[0] * np.where(x == 0, 3.0, np.sign(x)))
    wrong = check_grads(lambda x: steep(x) + np.abs(x), (np.array([0.0, 2.0]),), raises=False)
    assert "fwd" in {c.law for c in wrong.failures}


def test_modes_order_and_arguments():
    assert [c.law for c in check_grads(np.sin, (X,), order=1).checks] == ALL[:8]
    assert [c.law for c in check_grads(np.sin, (X,), modes=("fwd",)).checks] == ["fwd", "ff"]
    assert check_grads(lambda x, n: x**n, (X,), kwargs={"n": 2}, eps=1e-4, rtol=1e-5).ok
    for wrong in ({"modes": ("backwards",)}, {"order": 3}):
        with pytest.raises(wg.InvalidArgument):
            check_grads(np.sin, (X,), **wrong)
    with pytest.raises(wg.InvalidArgument, match="one tuple"):
        check_grads(np.sin, X)
    with pytest.raises(wg.InvalidArgument, match="no floating"):
        check_grads(np.sin, (3,))
