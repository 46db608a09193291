"""C against the interpreter of the loop IR, through the C compiler of this machine."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from tests.compiler import programs
from wengert.compiler.csource import function, identifier, source
from wengert.compiler.loops import Buffer, Index, Library, Program, Store, dtype_of
from wengert.compiler.simulate import simulate
from wengert.errors import MissingRule

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_cc = pytest.mark.skipif(CC is None, reason="no C compiler (cc, gcc, clang) is installed")


@pytest.fixture
def run(tmp_path):
    """Compile programs together, strictly, and run each on its inputs: (return code, outputs)."""

    def run(cases, options=(), more=""):
        functions = [function(p, f"f{n}") for n, (p, _) in enumerate(cases)]
        file, library = tmp_path / "all.c", tmp_path / "all.so"
        file.write_text(source(functions, "/* A test. */") + more)
        strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"]
        done = subprocess.run(
            [CC, *strict, *options, "-O1", "-fPIC", "-shared", "-o", library, file, "-lm"], capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        loaded = ctypes.CDLL(str(library))
        return [_call(loaded, f, *case) for f, case in zip(functions, cases, strict=True)]

    return run


# cblas_dgemm as its documentation says, and a count of its calls.
CBLAS = """
enum { CblasRowMajor = 101, CblasNoTrans = 111, CblasTrans = 112 };
extern int blas_calls;
static inline void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                               const double *b, int ldb, double beta, double *c, int ldc)
{
  blas_calls += order == CblasRowMajor;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++)
        sum += a[ta == CblasTrans ? p * lda + i : i * lda + p] * b[tb == CblasTrans ? j * ldb + p : p * ldb + j];
      c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
    }
}
"""


def _call(loaded, f, program, inputs):
    given = [np.array(x, dtype_of(b.code)).ravel() for b, x in zip(program.inputs, inputs, strict=True)]
    before = [x.copy() for x in given]
    made = [np.full(b.size, 77, dtype_of(b.code)) for b in program.outputs]
    assert loaded[f"{f.name}_workspace"]() == f.workspace
    code = loaded[f.name](*[ctypes.c_void_p(x.ctypes.data) for x in (*given, *made)], None)
    for x, old in zip(given, before, strict=True):
        np.testing.assert_array_equal(x, old)  # inputs are const
    workspace = ctypes.create_string_buffer(max(f.workspace, 1) + 64)
    base = -(-ctypes.addressof(workspace) // 64) * 64
    again = [np.full_like(x, 55) for x in made]
    loaded[f.name](*[ctypes.c_void_p(x.ctypes.data) for x in (*given, *again)], ctypes.c_void_p(base))
    for x, y in zip(made, again, strict=True) if code == 0 else ():
        np.testing.assert_array_equal(x, y)
    return code, made


def _same(run, cases, **close):
    for (program, inputs), (code, outputs) in zip(cases, run(cases), strict=True):
        right_code, right = simulate(program, inputs)
        assert code == right_code
        for x, y, b in zip(outputs, right, program.outputs, strict=True):
            np.testing.assert_allclose(x, y, err_msg=f"{b.name} of {program.body}", **close)


@needs_cc
def test_programs(run):
    rng = np.random.default_rng(1)
    cases = [
        (programs.rosenbrock(), [rng.normal(size=6)]),
        (programs.softmax(), [rng.normal(size=15), rng.normal(size=3)]),
        (programs.softmax(2, 1500, "f64"), [rng.normal(size=3000), rng.normal(size=2)]),
        (programs.newton(), [[3.0]]),
        (programs.scatter(), [[3, 0, 7, 3, -1], rng.normal(size=5)]),
        (programs.product(), [rng.normal(size=6), rng.normal(size=12), [True]]),
        (programs.product(), [rng.normal(size=6), rng.normal(size=12), [False]]),
        (programs.chain(3000), [[0.3]]),
    ]
    _same(run, cases, rtol=2e-6)


@needs_cc
def test_products_are_those_of_blas_if_there_is_one(run, tmp_path):
    (tmp_path / "cblas.h").write_text(CBLAS)
    rng = np.random.default_rng(2)
    case = programs.product(3, 4, 5), [rng.normal(size=12), rng.normal(size=20), [False]]
    options = ["-DWENGERT_CBLAS", f"-I{tmp_path}"]
    ((_, found),) = run([case], options, "int blas_calls = 0;")
    for x, y in zip(found, simulate(*case)[1], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)
    assert ctypes.c_int.in_dll(ctypes.CDLL(str(tmp_path / "all.so")), "blas_calls").value == 4  # two calls of two


@needs_cc
def test_a_check_that_fails_is_returned(run):
    assert [code for code, _ in run([(programs.newton(), [[-3.0]])])] == [1]


FLOATS = [0.0, -0.0, 0.3, -0.3, 1.0, -1.0, 2.5, -2.5, 7.0, -20.25, 300.0, 1e-12, np.inf, -np.inf, np.nan]
UNARY = (
    "neg abs sign floor ceil trunc rint isnan isinf isfinite signbit exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin "
    "cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid softplus erf erfc"
).split()
BINARY = (
    "add sub mul div floordiv mod fmod maximum minimum fmax fmin eq ne lt le gt ge copysign pow hypot atan2 logaddexp"
).split()


@needs_cc
@pytest.mark.parametrize("code, rtol", [("f64", 4e-15), ("f32", 2e-6)])
def test_floats(run, code, rtol):
    x, y = np.meshgrid(FLOATS, FLOATS)
    cases = [(programs.unary(op, code, len(FLOATS)), [FLOATS]) for op in UNARY]
    cases += [(programs.binary(op, code, x.size), [x, y]) for op in BINARY]
    with np.errstate(all="ignore"):
        _same(run, cases, rtol=rtol, atol=1e-300)


@needs_cc
@pytest.mark.parametrize("code, rtol", [("f64", 1e-13), ("f32", 2e-6)])
def test_special_functions(run, code, rtol):
    pytest.importorskip("scipy", reason="SciPy says what is right")
    x = [
        0.0,
        -0.0,
        1e-9,
        0.1,
        0.5,
        -0.5,
        0.9,
        -0.999,
        0.999999,
        1.0,
        -1.0,
        1.5,
        3.25,
        -3.75,
        12.5,
        171.0,
        np.inf,
        np.nan,
    ]
    cases = [(programs.unary(op, code, len(x)), [x]) for op in ("lgamma", "digamma", "erfinv", "ndtr")]
    cases.append((programs.unary("gamma", code, 9), [[0.1, 0.5, -0.5, 1.0, 1.5, 3.25, -3.75, 12.5, 34.0]]))
    _same(run, cases, rtol=rtol, atol=1e-14)


@needs_cc
@pytest.mark.parametrize("code", ["i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8"])
def test_integers_wrap_around(run, code):
    ends = np.iinfo(dtype_of(code))
    x = np.array([0, 1, 2, 5, 100, ends.max, ends.max - 1, ends.min, ends.min // 2, ends.max // 2 + 1], dtype_of(code))
    if ends.min:
        x = np.append(x, np.array([-1, -2, -7, -100], x.dtype))
    x, y = np.meshgrid(x, x)
    binary = "add sub mul floordiv mod fmod maximum minimum fmax fmin eq ne lt le gt ge and or xor shl shr".split()
    cases = [(programs.binary(op, code, x.size), [x, y]) for op in binary]
    cases += [(programs.unary(op, code, x.size), [x]) for op in "neg abs sign not floor rint isfinite isnan".split()]
    cases.append((programs.binary("pow", code, 6), [[2, 3, 7, 1, 0, 5], [3, 100, 5, 9, 0, 1]]))
    _same(run, cases, rtol=0)


@needs_cc
def test_truth_values(run):
    x, y = [False, False, True, True], [False, True, False, True]
    cases = [(programs.binary(op, "b1", 4), [x, y]) for op in "and or xor eq ne maximum minimum add mul".split()]
    cases += [(programs.unary("not", "b1", 4), [x])]
    _same(run, cases)


@needs_cc
def test_casts(run):
    numbers = {"f": [0.0, -0.9, 1.9, 100.5, -3.5, 250.0], "i": [0, 1, -1, 100, -128, 127], "u": [0, 1, 255, 7, 3, 2]}
    numbers["b"] = [True, False, True, True, False, False]
    codes = ["f64", "f32", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "b1"]
    with np.errstate(all="ignore"):
        cases = [(programs.cast(old, new, 6), [numbers[old[0]]]) for old in codes for new in codes]
        _same(run, cases, rtol=0)


@needs_cc
def test_names_that_c_has_already(run):
    x, y = Buffer("double", "f64", 2, "input"), Buffer("exp", "f64", 1, "output")
    b = programs.Builder()
    value = b("exp", b("add", b.load(x, Index()), b.load(x, Index(1))))
    _same(run, [(Program("for", [x], [y], [], [], [Store(y, Index(), value)]), [[0.5, 0.25]])])
    assert identifier("while") == "while_" and identifier("3 ü") == "_3__"


def test_the_text_is_meant_to_be_read():
    text = function(programs.rosenbrock(100), "rosen").text
    assert (
        """
  for (int64_t i = 0; i < 99; i++) {
    double a = x[i + 1] - x[i] * x[i];
    double b = 1.0 - x[i];
    sum += 100.0 * a * a + b * b;
"""
        in text
    )


def test_what_has_no_form_in_c_is_named():
    with pytest.raises(MissingRule, match="lambertw of f64 in unary"):
        function(programs.unary("lambertw", "f64", 3))
    y = Buffer("y", "f64", 3, "output")
    with pytest.raises(MissingRule, match="calls cholesky"):
        function(Program("p", [], [y], [], [], [Library("cholesky", (y, 3))]))
