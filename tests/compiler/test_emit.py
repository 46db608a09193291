"""Machine code from the loop IR against its interpreter and NumPy."""

import itertools

import numpy as np
import pytest

from tests.compiler import programs
from tests.compiler.native import compiled
from wengert.compiler import llvm
from wengert.compiler.blas import blas
from wengert.compiler.builder import COMPARISONS
from wengert.compiler.loops import (
    Buffer,
    For,
    Gemm,
    Index,
    Library,
    Matrix,
    Program,
    dtype_of,
)
from wengert.compiler.simulate import simulate

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

LENGTHS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257)


def agree(program, *inputs, rtol=1e-12, vector=None):
    """Run both ways; `vector`: make every innermost loop a vector loop."""
    code, right = simulate(program, inputs)
    answer, outputs = compiled(program)(inputs)
    assert answer == code
    for x, y in zip(outputs, right, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def numbers(n, seed=0, dtype=float):
    return np.random.default_rng(seed).normal(size=n).astype(dtype)


@pytest.mark.parametrize("n", [2, 6, 40])
def test_value_and_gradient(n):
    agree(programs.rosenbrock(n), numbers(n))


@pytest.mark.parametrize("code", ["f32", "f64"])
@pytest.mark.parametrize("columns", [1, 3, 5, 16, 37])
def test_rows_with_private_memory(columns, code):
    x, s = numbers(3 * columns), numbers(3)
    agree(programs.softmax(3, columns, code), x, s, rtol=1e-5 if code == "f32" else 1e-13)


def test_repetition_and_checks():
    agree(programs.newton(), [2.0], rtol=1e-14)
    assert compiled(programs.newton())([[-1.0]])[0] == 1


def test_scatter_leaves_out_what_the_guard_does():
    agree(programs.scatter(), [3, 0, 7, 3, -1], [1.0, 2.0, 3.0, 4.0, 5.0])


def test_deep_chains():
    agree(programs.chain(3000), [0.3], rtol=1e-9)


# --- operations -------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -7.25, 1e300, -1e-300, np.inf, -np.inf, np.nan]
INTEGERS = ("i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8")


def as_vector(program):
    for s in program.body:
        if isinstance(s, For):
            s.vector = True
    return program


def samples(code):
    if code == "b1":
        return np.array([True, False])
    if code[0] == "f":
        with np.errstate(all="ignore"):
            return np.array(SPECIAL).astype(dtype_of(code))
    info = np.iinfo(dtype_of(code))
    small = [0, 1, 2, 3, 7, 13, 100]
    return np.array(
        [*small, *([-x for x in small[1:]] if info.min else []), info.min, info.max, info.max - 1], dtype_of(code)
    )


FLOAT_UNARY = "neg abs floor ceil trunc rint sign sqrt isnan isinf isfinite signbit exp log sin tanh".split()
FLOAT_BINARY = "add sub mul div maximum minimum fmax fmin copysign floordiv mod fmod".split() + sorted(COMPARISONS)
INTEGER_BINARY = "add sub mul maximum minimum floordiv mod fmod and or xor shl shr".split() + sorted(COMPARISONS)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", FLOAT_UNARY)
@pytest.mark.parametrize("code", ["f64", "f32"])
def test_functions_of_floats(op, code, vector):
    x = samples(code)
    program = programs.unary(op, code, len(x))
    agree(as_vector(program) if vector else program, x, rtol=1e-6 if code == "f32" else 1e-14)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", FLOAT_BINARY)
@pytest.mark.parametrize("code", ["f64", "f32"])
def test_operations_of_floats(op, code, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples(code), samples(code))]
    program = programs.binary(op, code, len(x))
    agree(as_vector(program) if vector else program, x, y, rtol=1e-6 if code == "f32" else 1e-14)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", ["neg", "abs", "sign", "not"])
@pytest.mark.parametrize("code", INTEGERS)
def test_functions_of_integers(op, code, vector):
    x = samples(code)
    program = programs.unary(op, code, len(x))
    agree(as_vector(program) if vector else program, x)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", INTEGER_BINARY)
@pytest.mark.parametrize("code", INTEGERS)
def test_operations_of_integers(op, code, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples(code), samples(code))]
    if op in ("shl", "shr"):
        y = (abs(y.astype(np.int64)) % 70).astype(y.dtype)
    program = programs.binary(op, code, len(x))
    answer, outputs = compiled(as_vector(program) if vector else program)([x, y])
    names = {"mul": "multiply", "sub": "subtract", "floordiv": "floor_divide", "and": "bitwise_and", "or": "bitwise_or",
             "xor": "bitwise_xor", "shl": "left_shift", "shr": "right_shift", "eq": "equal", "ne": "not_equal",
             "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}  # fmt: skip
    with np.errstate(all="ignore"):
        right = getattr(np, names.get(op, op))(x, y)
    assert answer == 0
    np.testing.assert_array_equal(outputs[0], right)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", ["and", "or", "xor", "eq", "ne", "lt", "maximum", "minimum"])
def test_operations_of_truth(op, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples("b1"), samples("b1"))]
    program = programs.binary(op, "b1", 4)
    agree(as_vector(program) if vector else program, x, y)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("target", ["f64", "f32", "b1", *INTEGERS])
@pytest.mark.parametrize("source", ["f64", "f32", "b1", *INTEGERS])
def test_casts(source, target, vector):
    x = samples(source)
    if source[0] == "f" and target != "b1" and target[0] != "f":
        x = np.array([0.0, 1.5, 100.75, 2.0, 7.999], x.dtype)
        x = x if target[0] == "u" else np.concatenate([x, -x])
    program = programs.cast(source, target, len(x))
    _, outputs = compiled(as_vector(program) if vector else program)([x])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(outputs[0], x.astype(dtype_of(target)))


# --- products ---------------------------------------------------------------------------------------------------


def layout(rows, columns, transposed):
    return (1, rows) if transposed else (columns, 1)


def product(m, n, k, code, transposed, add, shift=3):
    """c = a b of matrices that lie `shift` entries after the start of their buffers."""
    a, b = programs.given("a", code, m * k + shift), programs.given("b", code, k * n + shift)
    start, c = programs.given("start", code, m * n + shift), programs.made("c", code, m * n + shift)
    c.reuses = start
    places = [
        Matrix(x, Index(shift), *layout(r, s, t))
        for x, r, s, t in zip((a, b, c), (m, k, m), (k, n, n), transposed, strict=True)
    ]
    return Program("product", [a, b, start], [c], [], [], [Gemm(m, n, k, *places, add=add)])


@pytest.mark.parametrize("code", ["f64", "f32"])
@pytest.mark.parametrize("transposed", list(itertools.product([False, True], repeat=3)))
@pytest.mark.parametrize(
    "sizes", [(2, 2, 2), (3, 5, 4), (8, 8, 8), (17, 9, 11), (19, 33, 21), (40, 3, 40), (3, 50, 60)]
)
def test_products(sizes, transposed, code):
    m, n, k = sizes
    for add in (False, True):
        program = product(m, n, k, code, transposed, add)
        a, b, c = [numbers(x.size, seed, dtype_of(code)) for seed, x in enumerate(program.inputs)]
        answer, (result,) = compiled(program)([a, b, c])
        A, B, C = [
            (x[3:].reshape(s, r).T if t else x[3:].reshape(r, s))
            for x, (r, s), t in zip((a, b, c), ((m, k), (k, n), (m, n)), transposed, strict=True)
        ]
        right = A @ B + (C if add else 0)
        got = result[3:].reshape(n, m).T if transposed[2] else result[3:].reshape(m, n)
        assert answer == 0
        np.testing.assert_allclose(
            got, right, rtol=1e-4 if code == "f32" else 1e-12, atol=1e-4 if code == "f32" else 1e-12
        )
        np.testing.assert_array_equal(result[:3], c[:3])


def test_products_in_shared_memory():
    agree(programs.product(), numbers(6), numbers(12), [False])
    agree(programs.product(), numbers(6), numbers(12), [True])


def test_routines_of_the_library():
    """Cholesky and a triangular solve; a program whose routine is missing fails, and says so."""
    n = 4
    a, x = programs.given("a", "f64", n * n), programs.given("x", "f64", n)
    low, y = programs.made("low", "f64", n * n), programs.made("y", "f64", n)
    info = Buffer("info", "i64", 1, "temp")
    low.reuses, y.reuses = a, x
    whole, vector = Matrix(low, Index(), n, 1), Matrix(y, Index(), 1, 1)
    body = [
        Library("dpotrf", ("U", n, whole, n, Matrix(info, Index(), 1, 1))),
        Library("dtrsv", (101, 122, 111, 131, n, whole, n, vector, 1)),
    ]
    program = Program("solve", [a, x], [low, y], [], [info], body)
    m = numbers(n * n).reshape(n, n)
    m, v = m @ m.T + np.eye(n), numbers(n, 1)
    answer, outputs = compiled(program)([m, v])
    if {"dpotrf", "dtrsv"} <= blas().keys():
        assert answer == 0
        np.testing.assert_allclose(outputs[1], np.linalg.solve(np.linalg.cholesky(m), v), rtol=1e-12)
    else:
        assert answer == 1
