"""Products of matrices by micro-kernels: all sizes, layouts and edges, blocks and threads, against NumPy."""

import ctypes

import numpy as np
import pytest

import wengert as wg
from tests.compiler import programs
from tests.compiler.native import compiled
from wengert.compiler import llvm
from wengert.compiler.config import config
from wengert.compiler.emit import emit, gemm, gemm_blocks
from wengert.compiler.emit.gemm_blocks import Blocks, Shape
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.emit.parallel import worthwhile
from wengert.compiler.loops import For, Gemm, Index, Matrix, Program, Var, dtype_of
from wengert.compiler.target import target

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

SIZES = (*range(1, 41), 63, 64, 65, 128, 200)
LAYOUTS = ("rows", "columns", "wide rows", "wide columns", "neither", "backwards", "repeated")
PRECISION = {"f32": 2e-5, "f64": 1e-13}


def steps(layout, rows, columns):
    """The first entry, the steps to the next row and column, and the entries that such a matrix needs."""
    row, column = {
        "rows": (columns, 1),
        "columns": (1, rows),
        "wide rows": (columns + 5, 1),
        "wide columns": (1, rows + 3),
        "neither": (2 * columns + 1, 2),
        "backwards": (-columns, 1),
        "repeated": (0, 1),
    }[layout]
    first = -row * (rows - 1) if row < 0 else 0
    return first, row, column, abs(row) * max(rows - 1, 0) + abs(column) * max(columns - 1, 0) + 1


class Case:
    """A product of matrices that lie two entries after the start of their buffers."""

    def __init__(self, name, code, sizes, layouts, add, seed):
        m, n, k = self.sizes = sizes
        rng = np.random.default_rng(seed)
        self.add, self.code = add, code
        self.arrays, self.views, places, buffers = [], [], [], []
        for label, layout, shape in zip("abc", layouts, ((m, k), (k, n), (m, n)), strict=True):
            first, row, column, size = steps(layout, *shape)
            x = rng.uniform(-1, 1, size + 4).astype(dtype_of(code))
            buffers.append(programs.given(f"{label}{name}", code, x.size))
            self.arrays.append(x)
            self.views.append((first + 2, row, column, shape))
            places.append((first + 2, row, column))
        self.out = programs.made(f"d{name}", code, self.arrays[2].size)
        self.out.reuses = buffers[2]
        a, b, c = [Matrix(x, Index(p[0]), *p[1:]) for x, p in zip((*buffers[:2], self.out), places, strict=True)]
        self.buffers, self.statement = buffers, Gemm(m, n, k, a, b, c, add)

    def view(self, x, which):
        """A matrix of that operand in this memory."""
        first, row, column, shape = self.views[which]
        strides = (row * x.itemsize, column * x.itemsize)
        return np.lib.stride_tricks.as_strided(x[first:] if 0 not in shape else x, shape, strides)

    def check(self, got):
        """The product is right, and nothing beside it was touched."""
        a, b = [self.view(x, which).astype(float) for which, x in enumerate(self.arrays[:2])]
        right = self.arrays[2].copy()
        c = self.view(right, 2)
        exact = a @ b + (c if self.add else 0)
        bound = PRECISION[self.code] * (self.sizes[2] + 1)
        np.testing.assert_allclose(self.view(got, 2), exact, rtol=0, atol=bound, err_msg=str((self.sizes, self.views)))
        c[...] = self.view(got, 2)
        np.testing.assert_array_equal(got, right)


def agree(cases):
    """One program of all these products."""
    given = [b for case in cases for b in case.buffers]
    program = Program("products", given, [case.out for case in cases], [], [], [case.statement for case in cases])
    answer, results = compiled(program)([x for case in cases for x in case.arrays])
    assert answer == 0
    for case, got in zip(cases, results, strict=True):
        case.check(got)


def drawn(seed, code, count, sizes=SIZES):
    """Products of drawn sizes and layouts; no two entries of c have one place."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        layouts = [*rng.choice(LAYOUTS, 2), rng.choice(LAYOUTS[:-1])]
        cases.append(Case(number, code, rng.choice(sizes, 3).tolist(), layouts, bool(rng.integers(2)), seed + number))
    return cases


def small_caches(monkeypatch):
    """Blocks of few panels and tiles, all packed."""
    for name, value in {"_PANEL": 2048, "_BLOCK": 3000, "_WIDE": 6000, "_OFTEN": 1, "_NEAR": 1}.items():
        monkeypatch.setattr(gemm_blocks, name, value)
    monkeypatch.setattr(Blocks, "_pays_a", lambda *_: True)


@pytest.fixture
def threads_as_before():
    """A test may change the number of threads."""
    before = config.threads
    yield
    config.threads = before


@pytest.mark.parametrize("code", ["f64", "f32"])
@pytest.mark.parametrize("seed", range(8))
def test_drawn_products(seed, code):
    agree(drawn(100 * seed, code, 12))


@pytest.mark.parametrize("code", ["f64", "f32"])
@pytest.mark.parametrize("seed", range(6))
def test_drawn_products_in_blocks(seed, code, monkeypatch):
    small_caches(monkeypatch)
    agree(drawn(100 * seed + 50, code, 8))


@pytest.mark.parametrize("code", ["f64", "f32"])
@pytest.mark.parametrize("cpu", ["x86-64", "x86-64-v3", "x86-64-v4"])
def test_other_processors(cpu, code, monkeypatch):
    if target().cpu < cpu or not target().triple.startswith("x86_64"):
        pytest.skip("this machine is older, or another")
    monkeypatch.setenv("WENGERT_CPU", cpu)
    agree(drawn(7000, code, 8))
    small_caches(monkeypatch)
    monkeypatch.setattr(gemm, "_SHORT", 0)
    agree(drawn(7100, code, 5))


@pytest.mark.parametrize("code", ["f64", "f32"])
def test_every_size_along_each_axis(code):
    for first in range(0, len(SIZES), 15):
        some = SIZES[first : first + 15]
        for axis in range(3):
            sizes = [[17, 19, 21] for _ in some]
            for own, n in zip(sizes, some, strict=True):
                own[axis] = n
            agree([Case(k, code, own, ("rows", "columns", "rows"), k % 2 == 0, k) for k, own in enumerate(sizes)])


@pytest.mark.parametrize("sizes", [(0, 30, 30), (30, 0, 30), (30, 30, 0), (0, 0, 0)])
def test_nothing(sizes):
    agree([Case(k, "f64", sizes, ("rows", "rows", "rows"), add, k) for k, add in enumerate((False, True))])


@pytest.mark.parametrize("sizes", [(3, 2, 700), (700, 3, 40), (2, 700, 40), (130, 520, 70), (257, 129, 600)])
@pytest.mark.parametrize("code", ["f64", "f32"])
def test_long_sides(sizes, code):
    layouts = [("rows", "rows", "rows"), ("columns", "columns", "rows"), ("rows", "columns", "columns")]
    agree([Case(k, code, sizes, x, k == 1, k) for k, x in enumerate(layouts)])


def test_every_way_of_packing_is_taken():
    """Of the sizes above some are packed and others not, some are cut and others whole."""
    module = ModuleText(target())
    whole = Blocks(module, Shape("f64", 100, 64, 64, 64, 1, 64, 1, 64, False))
    assert not (whole.pack_a or whole.pack_b)
    assert whole.depth == 64
    cut = Blocks(module, Shape("f64", 1024, 4096, 1024, 1024, 1, 4096, 1, 4096, False))
    assert cut.pack_a
    assert cut.pack_b
    assert cut.depth < 1024
    assert cut.tiles_at_once < cut.tiles
    assert cut.panels_at_once < cut.panels
    turned = Blocks(module, Shape("f64", 16, 64, 64, 64, 1, 1, 64, 64, False))
    assert turned.pack_b


def test_inside_of_loops(threads_as_before):
    """A product in a serial loop, and in parts that threads run, which have scratch memory of their own."""
    count, (m, n, k) = 12, (80, 100, 120)
    for parallel in (False, True):
        a, b = programs.given("a", "f64", count * m * k), programs.given("b", "f64", count * n * k)
        c, i = programs.made("c", "f64", count * m * n), Var(0, count)
        statement = Gemm(m, n, k, Matrix(a, Index(0, ((i, m * k),)), k, 1), Matrix(b, Index(0, ((i, n * k),)), 1, k),
                         Matrix(c, Index(0, ((i, m * n),)), n, 1))  # fmt: skip
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(count, m, k)), rng.normal(size=(count, n, k))
        program = Program("batch", [a, b], [c], [], [], [For(i, [statement], parallel=parallel)])
        assert worthwhile(program.body[0]) == parallel
        run = compiled(program)
        for config.threads in (1, 3):
            answer, (got,) = run([x, y])
            assert answer == 0
            np.testing.assert_allclose(got.reshape(count, m, n), x @ y.transpose(0, 2, 1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sizes", [(300, 400, 260), (3000, 16, 300), (8, 3000, 400)])
@pytest.mark.parametrize("packed", [False, True])
def test_threads_change_nothing(sizes, packed, monkeypatch, threads_as_before):
    """By panels of columns or by tiles of rows: the numbers are those of one thread, to the last bit."""
    if packed:
        small_caches(monkeypatch)
    case = Case(0, "f64", sizes, ("rows", "columns", "rows"), True, 3)
    program = Program("product", case.buffers, [case.out], [], [], [case.statement])
    run = compiled(program)
    results = []
    for config.threads in (1, 3):
        results.append(run(case.arrays)[1][0])
    case.check(results[0])
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shapes", [((7, 7), (7, 7)), ((9, 12), (12, 5)), ((3, 8, 9), (9, 10)), ((4, 8, 9), (4, 9, 10)),
                                    ((6, 0), (0, 7)), ((0, 20), (20, 20)), ((5, 4, 30), (5, 30, 4))])  # fmt: skip
def test_compiled_products_and_their_gradients(shapes, dtype):
    rng = np.random.default_rng(1)
    a, b = [rng.normal(size=s).astype(dtype) for s in shapes]
    f = lambda a, b: np.sum(np.tanh(a @ b) * 0.5)
    value, slopes = wg.jit(wg.value_and_grad(f, (0, 1)))(a, b)
    right, exact = wg.value_and_grad(f, (0, 1))(a, b)
    tolerance = 1e-4 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(value, right, rtol=tolerance, atol=tolerance)
    for x, y in zip(slopes, exact, strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("n", [4, 5, 8, 11])
def test_what_follows_a_product_in_its_memory(n):
    """Columns side by side are replaced by functions of themselves, or of their neighbours."""
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(203, 9)), rng.normal(size=(9, n))
    for f in (lambda a, b: np.exp(-((a @ b) ** 2)), lambda a, b: (lambda t: t - 2 * t[:, ::-1])(a @ b)):
        np.testing.assert_allclose(wg.jit(f)(a, b), f(a, b), rtol=1e-12, atol=1e-12)


def test_exported_products_need_no_library(tmp_path):
    """Large enough for threads, which an exported function does not have."""
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(300, 310)), rng.normal(size=(280, 310))
    made = wg.export(lambda a, b: a @ b.T, a, b, path=tmp_path, name="product", derivatives=["value"], kind="object")
    assert ".o" in made.files
    if not target().triple.startswith("x86_64-") or not target().triple.endswith("linux-gnu"):
        pytest.skip("shared libraries are made on Linux for x86-64")
    made = wg.export(lambda a, b: a @ b.T, a, b, path=tmp_path, name="product", derivatives=["value"])
    library = ctypes.CDLL(str(made.files[".so"]))
    c = np.empty((300, 280))
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (a, b, c)]
    assert library.product(*pointers, None) == 0
    np.testing.assert_allclose(c, a @ b.T, rtol=1e-12, atol=1e-12)


def test_products_share_one_scratch_memory():
    """As much as the largest packs at a time, a few panels, whatever the number of threads."""
    cases = [Case(f"s{n}", "f64", (n, n, n), ("rows", "columns", "rows"), False, n) for n in (40, 300, 120)]

    def scratch(chosen):
        buffers = [b for c in chosen for b in c.buffers]
        body = [c.statement for c in chosen]
        return emit(Program("products", buffers, [c.out for c in chosen], [], [], body), target()).arena_bytes

    sizes = [scratch([c]) for c in cases]
    assert 0 < sizes[0] < sizes[2] < sizes[1] < 300 * 300 * 8 / 2
    assert scratch(cases) == sizes[1]
