"""Traced functions as SymPy expressions: equal in value to the function, equal in derivative to the rules."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import wengert as wg
from wengert.errors import InvalidArgument
from wengert.methods.swell import operations

X = np.array([0.3, 0.8, 1.7])
A = np.array([[2.0, 0.5, 0.1], [0.5, 1.5, 0.2], [0.1, 0.2, 1.0]])


def written(x):
    y = np.zeros(4, like=x)
    y[1:] = np.sin(x) * x[::-1]
    y[0] = y[1:].sum()
    return np.sum(y**2)


FUNCTIONS = [
    (lambda x: np.sum(np.exp(-x) * np.log1p(x) / np.sqrt(x)), X),
    (lambda x: np.sum(np.tanh(A @ x)), X),
    (lambda x: np.max(x) + np.min(x * 2) + np.prod(x), X),
    (lambda x: np.sum(np.where(x > 0.5, np.log(x), x**3)), X),
    (lambda x: np.linalg.norm(x) + np.mean(np.cumsum(x)) + np.var(x), X),
    (lambda x: np.sum(np.linalg.solve(A + np.outer(x, x), x)), X),
    (lambda x: np.linalg.det(A * x) + np.linalg.inv(A * x)[0, 1], X),
    (lambda x: np.einsum("i,ij,j->", x, A, np.concatenate([x[1:], x[:1]])), X),
    (lambda x: np.logaddexp(x[0], x[1]) + np.arctan2(x[1], x[2]) + np.hypot(x[0], x[2]), X),
    (lambda x: np.sum(np.clip(x, 0.5, 1.0)) + np.sum(np.abs(x - 1)) + np.sum(x[[0, 0, 2]] ** 2), X),
    (lambda x: np.log(np.sum(np.exp(x))) + np.sum(wg.special.expit(x)), X),
    (written, X),
]  # fmt: skip


@pytest.mark.parametrize("f, x", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_values_and_gradients(f, x):
    s = wg.symbolic(f, x)
    numbers = dict(zip(s.symbols, x, strict=True))
    assert float(s.expression.subs(numbers)) == pytest.approx(f(x), rel=1e-12)
    gradient = [float(sympy.N(g.subs(numbers).doit())) for g in s.gradient]
    np.testing.assert_allclose(gradient, wg.grad(f)(x), rtol=1e-10)


def test_jacobians_and_hessians():
    s = wg.symbolic(lambda x, y: np.stack([x * y, x + y**2]), 2.0, 3.0)
    assert str(s.jacobian) == "Matrix([[y, x], [1, 2*y]])"
    assert str(wg.symbolic(lambda x, y: x**2 * y, 2.0, 3.0).hessian) == "Matrix([[2*y, 2*x], [2*x, 0]])"
    with pytest.raises(InvalidArgument, match="2 results"):
        _ = s.expression


def test_names_numbers_and_latex():
    s = wg.symbolic(lambda width, p: width * np.pi / 3 + p["a"] * 0.125 + p["b"][1], 1.0, {"a": 2.0, "b": np.ones(2)})
    assert str(s) == "p0/8 + p1_1 + pi*width/3"
    assert wg.symbolic(lambda x: np.sqrt(x) / 2, 4.0).latex() == r"\frac{\sqrt{x}}{2}"
    assert str(wg.symbolic(lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, 1.0).simplify()) == "1"


def test_from_sympy_is_a_function_like_any_other():
    x, y = sympy.symbols("x y")
    f = wg.from_sympy(sympy.exp(x * y) * sympy.erf(y) + sympy.Max(x, y) + sympy.Piecewise((x, x > 1), (y**2, True)))
    want = wg.value_and_grad(f, argnums=(0, 1))(0.5, 1.5)
    got = wg.jit(wg.value_and_grad(f, argnums=(0, 1)))(0.5, 1.5)
    assert got[0] == pytest.approx(want[0], rel=1e-14)
    assert want[1][1] == pytest.approx(wg.grad(f, 1)(0.5, 1.5))
    assert wg.from_sympy([x + y, x * y], [y, x])(2.0, 3.0) == [5.0, 6.0]


def test_what_has_no_symbolic_form_is_said():
    with pytest.raises(InvalidArgument, match="argsort has no symbolic form"):
        wg.symbolic(lambda x: np.sum(np.sort(x)), X)
    with pytest.raises(InvalidArgument, match="1000 inputs"):
        wg.symbolic(np.sum, np.ones(1000))


def test_swell():
    def logistic(x):
        for _ in range(4):
            x = 4 * x * (1 - x)
        return x

    s = wg.swell(logistic, 0.3)
    assert s.evaluation == 12
    assert s.function < s.derived < s.second
    assert s.shared < s.derived and s.reverse < s.derived / 4
    assert s.reverse <= 5 * s.evaluation  # Griewank's bound
    assert "f′, as derived" in str(s)
    many = wg.swell(lambda x: np.prod(np.sin(x)), np.linspace(0.1, 1, 8))
    assert many.forward > many.reverse


def test_operations_are_counted():
    count = operations(wg.trace(lambda a, x: np.sum(np.tanh(a @ x)))(np.ones((3, 4)), np.ones(4)))
    assert count == 2 * 3 * 4 + 3 + 3
