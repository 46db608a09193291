"""Equal eigenvalues and singular values: right where there is a derivative, and an error where there is none."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm_frechet

import wengert as wg

RNG = np.random.default_rng(4)
TURN = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
WEIGHT = RNG.normal(size=(4, 4)) + RNG.normal(size=(4, 4)).T
COMPLEX_TURN = np.linalg.qr(RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4)))[0]


def hermitian(x: Any) -> Any:
    return (x + np.conj(np.swapaxes(x, -1, -2))) / 2


DOUBLE = hermitian(TURN @ np.diag([1.0, 1.0, 2.0, 3.0]) @ TURN.T)  # equal up to rounding
EXACT = np.diag([2.0, 1.0, 1.0, 5.0])
IDENTITY = np.eye(4)
COMPLEX = hermitian(COMPLEX_TURN @ np.diag([1.0, 1.0, 1.0, 3.0]) @ np.conj(COMPLEX_TURN.T))
POINTS = [
    pytest.param(a, id=name)
    for name, a in [("rounded", DOUBLE), ("exact", EXACT), ("identity", IDENTITY), ("complex", COMPLEX)]
]


def quotient(f: Any, x: Any, h: float = 1e-5) -> Any:
    """Central differences of f, the entries of x as the last axes; of real and imaginary parts as grad has them."""
    out = np.zeros((*np.shape(f(x)), *x.shape), x.dtype)
    for at in np.ndindex(x.shape):
        for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
            step = np.zeros_like(x)
            step[at] = unit * h
            out[(..., *at)] += unit * (f(x + step) - f(x - step)) / (2 * h)
    return out


def exponential(a: Any) -> Any:
    """Re tr(W exp a), written with eigenvectors."""
    w, v = np.linalg.eigh(hermitian(a))
    return np.real(np.sum(WEIGHT * ((v * np.exp(w)[..., None, :]) @ np.conj(v.T))))


def projector(a: Any) -> Any:
    """Re tr(W P) of the space of the first two eigenvalues, or of the first three."""
    v = np.linalg.eigh(hermitian(a))[1]
    v = v[:, : 3 if a.dtype.kind == "c" else 2]
    return np.real(np.sum(WEIGHT * (v @ np.conj(v.T))))


def spectral(a: Any) -> Any:
    return np.sum(np.exp(np.linalg.eigvalsh(hermitian(a))))


# --- eigenvalues --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", POINTS)
def test_symmetric_functions_of_eigenvalues(a):
    """Lewis: the gradient of Σ h(w) is h'(a)."""
    w, v = np.linalg.eigh(a)
    np.testing.assert_allclose(wg.grad(spectral)(a), (v * np.exp(w)) @ np.conj(v.T), atol=1e-12)


@pytest.mark.parametrize("a", POINTS[:2] + POINTS[3:])
def test_projectors_onto_clusters(a):
    np.testing.assert_allclose(wg.grad(projector)(a), quotient(projector, a), atol=1e-7)


@pytest.mark.parametrize("a", POINTS[:3])
def test_functions_of_the_matrix_by_forward_accumulation(a):
    """Daleckii and Krein, by the Fréchet derivative of the exponential, which knows of no eigenvectors."""
    expected = expm_frechet(a, hermitian(WEIGHT), compute_expm=False)
    np.testing.assert_allclose(wg.jacfwd(exponential)(a), expected, atol=1e-12)


@pytest.mark.parametrize("a", POINTS[:3])
def test_hessians_are_exact(a):
    """Forward over reverse, by the Fréchet derivative of exp, which is the gradient of Σ exp w."""
    units = np.eye(16).reshape(16, 4, 4)
    expected = [hermitian(expm_frechet(a, hermitian(e), compute_expm=False)) for e in units]
    found = wg.hessian(spectral)(a).reshape(16, 4, 4)
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_hessians_of_projectors():
    """Differences of the gradient along directions that keep the cluster: a turn of the whole."""
    gradient = wg.grad(projector)
    skew = RNG.normal(size=(4, 4))
    skew = skew - skew.T
    exact, h = np.diag([1.0, 1.0, 2.0, 5.0]), 1e-4
    along = skew @ exact - exact @ skew  # d/dt of exp(t s) a exp(-t s)

    def turned(t: float) -> Any:
        r = np.linalg.solve(np.eye(4) - t / 2 * skew, np.eye(4) + t / 2 * skew)
        return gradient(r @ exact @ r.T)

    found = wg.jvp(gradient, (exact,), (along,))[1]
    np.testing.assert_allclose(found, (turned(h) - turned(-h)) / (2 * h), atol=1e-6)


@pytest.mark.parametrize("a", POINTS[:3])
def test_reverse_over_reverse_is_exact(a):
    np.testing.assert_allclose(wg.jacrev(wg.grad(spectral))(a), wg.hessian(spectral)(a), atol=1e-11)


def test_one_vector_of_a_cluster_is_refused():
    with pytest.raises(wg.NotDifferentiable, match="basis in a space of equal values"):
        wg.grad(lambda a: np.sum(np.linalg.eigh(a)[1][:, 0] * WEIGHT[0]))(DOUBLE)


def test_a_free_phase_is_refused():
    a = hermitian(RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3)))
    with pytest.raises(wg.NotDifferentiable, match="free phase"):
        wg.grad(lambda a: np.real(np.sum(np.linalg.eigh(a)[1][0] * (1 + 2j))))(a)


def test_batches_are_checked_entry_by_entry():
    stack = np.stack([DOUBLE, np.diag([1.0, 2.0, 3.0, 4.0])])
    np.testing.assert_allclose(wg.vmap(wg.grad(spectral))(stack), [wg.grad(spectral)(a) for a in stack], atol=1e-12)
    first = lambda a: np.sum(np.linalg.eigh(a)[1][:, 0] * WEIGHT[0])
    with pytest.raises(wg.NotDifferentiable):
        wg.vmap(wg.grad(first))(stack)


def test_eager_tape_and_jit_agree():
    t = wg.tensor(EXACT, requires_grad=True)
    spectral(t).backward()
    np.testing.assert_allclose(t.grad.numpy(), wg.grad(spectral)(EXACT), atol=1e-12)
    np.testing.assert_allclose(wg.jit(wg.grad(projector))(DOUBLE), wg.grad(projector)(DOUBLE), atol=1e-10)


def test_single_precision():
    a = DOUBLE.astype(np.float32)
    np.testing.assert_allclose(wg.grad(projector)(a), wg.grad(projector)(DOUBLE), atol=1e-4)


def test_a_direction_that_moves_is_refused():
    """The transpose of a jvp: the basis was chosen for the direction."""
    with pytest.raises(wg.NotDifferentiable):
        wg.grad(lambda t: wg.jvp(exponential, (DOUBLE,), (t,))[1])(WEIGHT)


# --- general matrices -----------------------------------------------------------------------------------------------


def test_eigenvalues_of_a_matrix_with_a_double_one():
    change = RNG.normal(size=(3, 3))
    a = change @ np.diag([1.0, 1.0, 2.0]) @ np.linalg.inv(change)
    found = wg.grad(lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 2)))(a)
    np.testing.assert_allclose(found, 2 * a.T, atol=1e-10)


def test_defective_matrices_are_refused():
    with pytest.raises(wg.NotDifferentiable, match="defective"):
        wg.grad(lambda a: np.real(np.linalg.eigvals(a)[0]))(np.array([[1.0, 1.0], [0.0, 1.0]]))


# --- singular values ------------------------------------------------------------------------------------------------

LEFT, RIGHT = TURN[:, :3], np.linalg.qr(RNG.normal(size=(3, 3)))[0]
TWICE = LEFT @ np.diag([2.0, 2.0, 1.0]) @ RIGHT
FLAT = LEFT @ np.diag([2.0, 1.0, 0.0]) @ RIGHT
SQUARE = TURN @ np.diag([2.0, 1.0, 0.0, 0.0]) @ TURN
MASK = RNG.normal(size=(4, 3))


def svd(a: Any) -> Any:
    return np.linalg.svd(a, full_matrices=False)


def polar(a: Any) -> Any:
    u, _, vh = svd(a)
    return np.sum(MASK * (u @ vh))


def truncated(a: Any) -> Any:
    u, s, vh = svd(a)
    return np.sum(MASK * ((u[:, :2] * s[:2]) @ vh[:2]))


@pytest.mark.parametrize("a", [TWICE, np.eye(4, 3)], ids=["rounded", "exact"])
def test_nuclear_norms(a):
    u, _, vh = svd(a)
    np.testing.assert_allclose(wg.grad(lambda a: np.linalg.norm(a, "nuc"))(a), u @ vh, atol=1e-12)


def test_the_hessian_of_a_nuclear_norm():
    gradient = wg.grad(lambda a: np.linalg.norm(a, "nuc"))
    found = wg.hessian(lambda a: np.linalg.norm(a, "nuc"))(TWICE)
    np.testing.assert_allclose(found, quotient(lambda a: svd(a)[0] @ svd(a)[2], TWICE), atol=1e-7)
    assert np.isfinite(gradient(TWICE)).all()


@pytest.mark.parametrize("f, a", [(polar, TWICE), (truncated, TWICE + FLAT), (truncated, FLAT)])
def test_functions_of_the_spaces(f, a):
    expected = quotient(f, a)
    np.testing.assert_allclose(wg.jacfwd(f)(a), expected, atol=1e-7)
    np.testing.assert_allclose(wg.grad(f)(a), expected, atol=1e-7)


@pytest.mark.parametrize("a", [TWICE, FLAT, np.zeros((4, 3)), SQUARE], ids=["twice", "flat", "zero", "square"])
def test_sums_of_squares(a):
    square = lambda a: np.sum(np.linalg.svdvals(a) ** 2)
    np.testing.assert_allclose(wg.grad(square)(a), 2 * a, atol=1e-12)


@pytest.mark.parametrize(
    "a",
    [TWICE[:3], np.zeros((3, 3)), TWICE, FLAT, FLAT[:, :2].T @ np.ones((4, 4)), np.zeros((4, 3))],
    ids=["square", "zero", "tall", "flat", "wide", "nothing"],
)
def test_put_together_again_by_forward_accumulation(a):
    mask = RNG.normal(size=a.shape)
    again = lambda a: np.sum(mask * ((lambda u, s, vh: (u * s) @ vh)(*svd(a))))
    np.testing.assert_allclose(wg.jacfwd(again)(a), mask, atol=1e-12)


def test_vectors_of_the_value_0_are_refused():
    with pytest.raises(wg.NotDifferentiable, match="singular values of 0"):
        wg.grad(lambda a: np.sum(svd(a)[0][:, 2] * MASK[:, 0]))(FLAT)


# --- angles -------------------------------------------------------------------------------------------------------


def test_angles_of_planes_that_meet_in_a_line():
    """One angle of two planes in space is 0 always, so that it does not move."""
    f = lambda a: wg.scipy.linalg.subspace_angles(a, MASK[:3, :2])
    a, h = WEIGHT[:3, :2], 1e-5
    first = lambda a: f(a)[0]
    expected = np.stack([quotient(first, a, h), np.zeros((3, 2))])
    for change in (wg.jacrev(f), wg.jacfwd(f), wg.jit(wg.jacrev(f)), wg.jit(wg.jacfwd(f))):
        np.testing.assert_allclose(change(a), expected, atol=1e-6)


def test_angles_of_batches():
    stack = np.stack([MASK[:, :2], WEIGHT[:, 1:3]])
    f = lambda a: wg.scipy.linalg.subspace_angles(a, WEIGHT[:, :2] + TURN[:, :2])
    np.testing.assert_allclose(wg.vmap(f)(stack), [f(a) for a in stack], atol=1e-12)
    np.testing.assert_allclose(wg.vmap(wg.jacrev(f))(stack), [wg.jacrev(f)(a) for a in stack], atol=1e-10)
    for change in (wg.vmap(f), wg.jit(lambda s: f(s[0]))):
        with pytest.raises(wg.InvalidArgument, match="dependent"):
            change(np.ones((1, 4, 2)))


# --- QR and least squares -------------------------------------------------------------------------------------------


def test_qr_of_dependent_columns_is_refused():
    with pytest.raises(wg.NotDifferentiable, match="dependent"):
        wg.grad(lambda a: np.sum(np.linalg.qr(a)[1]))(FLAT @ np.ones((3, 3)))


@pytest.mark.parametrize(
    "a", [FLAT[:, :3], np.diag([2.0, 3.0, 0.0]), np.ones((1, 3)), np.zeros((1, 1)), FLAT[:3] @ TWICE.T]
)
@pytest.mark.filterwarnings("ignore:Diagonal number")
def test_lu_where_the_last_pivot_is_0(a):
    """Square and wide matrices are divided by the other pivots alone."""
    a = a[:3]
    n, m = a.shape
    packed = lambda a: np.sum(wg.scipy.linalg.lu_factor(a)[0] * WEIGHT[:n, :m])
    expected = quotient(packed, a)
    for change in (wg.grad, wg.jacfwd):
        np.testing.assert_allclose(change(packed)(a), expected, atol=1e-7)
    second = quotient(wg.grad(packed), a)
    for change in (wg.jacrev, wg.jacfwd):
        np.testing.assert_allclose(change(wg.grad(packed))(a), second, atol=1e-6)


@pytest.mark.parametrize("a", [np.zeros((2, 2)), np.ones((3, 3)), np.ones((3, 2)), FLAT])
@pytest.mark.parametrize("change", [wg.grad, wg.jacfwd])
@pytest.mark.filterwarnings("ignore:Diagonal number")
def test_lu_of_another_pivot_of_0_is_refused(change, a):
    with pytest.raises(wg.NotDifferentiable, match="pivot of 0"):
        change(lambda a: np.sum(wg.scipy.linalg.lu_factor(a)[0]))(a)


def test_least_squares_of_deficient_rank():
    """The shortest solution, along a matrix that keeps its rank."""
    b = MASK[:, 0]
    f = lambda u: np.sum(np.linalg.lstsq(np.outer(u, [1.0, 2.0, 3.0]), b)[0] ** 2)
    u = MASK[:, 1]
    np.testing.assert_allclose(wg.grad(f)(u), quotient(f, u), rtol=1e-6)


KEPT = {
    "dropped": [2.0, 1.0, 0.05],
    "two dropped": [2.0, 0.06, 0.03],
    "equal": [2.0, 2.0, 0.05],
    "zero": [2.0, 1.0, 0.0],
    "all": [2.0, 1.0, 0.8],
}
PSEUDO = {
    "pinv": lambda a: np.sum(MASK.T * np.linalg.pinv(a, 0.1)),
    "wide": lambda a: np.sum(MASK * np.linalg.pinv(a.T, 0.1)),
    "pinvh": lambda a: np.sum(WEIGHT * wg.scipy.linalg.pinvh(a @ a.T, rtol=0.01)),
    "lstsq": lambda a: np.sum(MASK[:3, :2] * np.linalg.lstsq(a, WEIGHT[:, :2], 0.1)[0]),
}


@pytest.mark.parametrize("f", PSEUDO.values(), ids=PSEUDO.keys())
@pytest.mark.parametrize("s", KEPT.values(), ids=KEPT.keys())
def test_what_a_cutoff_keeps_is_smooth(f, s):
    """By differences in every direction: what is dropped moves and need not be 0."""
    a = LEFT @ np.diag(s) @ RIGHT
    expected = quotient(f, a)
    np.testing.assert_allclose(wg.grad(f)(a), expected, atol=1e-7)
    np.testing.assert_allclose(wg.jacfwd(f)(a), expected, atol=1e-7)
    second = quotient(wg.grad(f), a)
    for inner in (wg.grad, wg.jacfwd):
        for outer in (wg.jacfwd, wg.jacrev):
            np.testing.assert_allclose(outer(inner(f))(a), second, atol=1e-6)


def test_third_derivatives_of_what_a_cutoff_keeps():
    a = LEFT @ np.diag(KEPT["dropped"]) @ RIGHT
    along = lambda a: wg.jvp(wg.grad(PSEUDO["pinv"]), (a,), (MASK,))[1]
    np.testing.assert_allclose(wg.jacfwd(along)(a), quotient(along, a), atol=1e-5)
    np.testing.assert_allclose(wg.jacrev(along)(a), quotient(along, a), atol=1e-5)


def test_least_squares_with_the_cutoff_of_machine_precision():
    """LAPACK's sign for it is a negative number."""
    a, b = LEFT @ np.diag(KEPT["all"]) @ RIGHT, WEIGHT[:, 0]
    f = lambda a, rcond: np.sum(MASK[0] * np.linalg.lstsq(a, b, rcond)[0])
    np.testing.assert_allclose(wg.grad(f)(a, -1), wg.grad(f)(a, None), atol=1e-12)
    flat = lambda u: f(np.outer(u, [1.0, 2.0, 3.0]), -1)
    np.testing.assert_allclose(wg.grad(flat)(b), quotient(flat, b), atol=1e-7)


TALL, AIM = MASK[:3, :2] + 3 * np.eye(3, 2), MASK[:3, 2]
RANKS = np.stack([TALL, TALL[:, :1] * [1.0, 2.0]])


@pytest.mark.parametrize("solve", [np.linalg.lstsq, wg.scipy.linalg.lstsq])
def test_least_squares_of_a_batch_of_different_ranks(solve):
    f = lambda a: np.sum(MASK[0, :2] * solve(a, AIM)[0])
    np.testing.assert_allclose(wg.vmap(f)(RANKS), [f(a) for a in RANKS])
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(RANKS), [wg.grad(f)(a) for a in RANKS], atol=1e-12)
    x, residuals = wg.vmap(lambda a: solve(a, AIM)[:2])(RANKS)
    sums = np.sum((AIM - np.einsum("ijk,ik->ij", RANKS, x)) ** 2, axis=-1)
    np.testing.assert_allclose(np.ravel(residuals), sums)


def test_residuals_in_a_trace_are_those_of_full_rank():
    """Without it NumPy gives none, which a compiled program cannot; what does not use them goes on."""
    solution, sums = (wg.jit(lambda a, k=k: np.linalg.lstsq(a, AIM)[k]) for k in (0, 1))
    slope = wg.jit(wg.grad(lambda a: np.sum(np.linalg.lstsq(a, AIM)[1])))
    for a in RANKS[::-1]:
        np.testing.assert_allclose(solution(a), np.linalg.lstsq(a, AIM)[0])
    np.testing.assert_allclose(sums(TALL), np.linalg.lstsq(TALL, AIM)[1])
    np.testing.assert_allclose(slope(TALL), wg.grad(lambda a: np.sum(np.linalg.lstsq(a, AIM)[1]))(TALL))
    for f in (sums, slope):
        with pytest.raises(wg.errors.InvalidArgument, match="residuals of least squares"):
            f(RANKS[1])
    np.testing.assert_array_equal(wg.grad(lambda a: np.sum(np.linalg.lstsq(a, AIM)[1]))(RANKS[1]), np.zeros((3, 2)))


FLAT_FACTORS = {
    "lu": lambda b: wg.scipy.linalg.lu_solve((np.diag([1.0, 0.0]), np.arange(2)), b),
    "lu transposed": lambda b: wg.scipy.linalg.lu_solve((np.diag([1.0, 0.0]), np.arange(2)), b, trans=1),
    "cholesky": lambda b: wg.scipy.linalg.cho_solve((np.diag([1.0, 0.0]), True), b),
}


@pytest.mark.parametrize("f", FLAT_FACTORS.values(), ids=FLAT_FACTORS.keys())
def test_solutions_with_singular_factors_are_infinite_as_in_scipy(f):
    b = np.array([1.0, 2.0])
    for x in (f(b), *wg.jvp(f, (b,), (b,)), *wg.vmap(f)(np.stack([b, b])), wg.jit(f)(b), wg.grad(lambda b: f(b)[1])(b)):
        assert not np.isfinite(x[1])


@pytest.mark.parametrize("change", [wg.grad, wg.jit, wg.vmap])
def test_triangular_systems_with_zeros_are_refused_as_in_scipy(change):
    f = lambda b: np.sum(wg.scipy.linalg.solve_triangular(np.diag([1.0, 0.0]), b))
    b = np.ones((2, 2) if change is wg.vmap else 2)
    with pytest.raises(np.linalg.LinAlgError, match="singular matrix: resolution failed at diagonal 1"):
        change(f)(b)


# --- matrix functions -----------------------------------------------------------------------------------------------

SINGULAR = np.diag([4.0, 1.0, 0.0])


@pytest.mark.parametrize("f", [wg.scipy.linalg.sqrtm, wg.scipy.linalg.logm], ids=["root", "logarithm"])
@pytest.mark.parametrize("change", [wg.grad, wg.jacfwd, lambda f: wg.jit(wg.grad(f))], ids=["grad", "jacfwd", "jit"])
@pytest.mark.filterwarnings("ignore:The logm input matrix is exactly singular", "ignore::RuntimeWarning")
def test_roots_and_logarithms_of_singular_matrices_are_refused(f, change):
    with pytest.raises(wg.NotDifferentiable, match="singular, to rounding"):
        change(lambda a: np.sum(np.real(f(a))))(SINGULAR)


@pytest.mark.filterwarnings("ignore:Matrix is singular")
def test_the_singular_member_under_a_root_is_named():
    with pytest.raises(wg.NotDifferentiable, match=r"matrix \[1\] of a stack"):
        wg.grad(lambda a: np.sum(np.real(wg.scipy.linalg.sqrtm(a))))(np.stack([np.eye(3), SINGULAR]))


@pytest.mark.parametrize("p", ["fro", 1, -1, np.inf, None])
def test_condition_numbers_of_singular_matrices_are_infinite(p):
    stack = np.stack([np.diag([4.0, 2.0, 1.0]), SINGULAR])
    found = np.linalg.cond(wg.tensor(stack), p)
    np.testing.assert_allclose(found.numpy(), np.linalg.cond(stack, p))


@pytest.mark.parametrize("p", ["fro", 1, -1, np.inf])
def test_condition_numbers_of_singular_matrices_are_refused(p):
    f = lambda a: np.linalg.cond(a, p)
    compiled = wg.jit(wg.grad(f))
    compiled(np.diag([3.0, 1.0, 2.0]))
    for change in (wg.grad(f), wg.jacfwd(f), compiled):
        with pytest.raises(wg.NotDifferentiable, match="condition number"):
            change(SINGULAR)


# --- matrix equations -----------------------------------------------------------------------------------------------

TURNING = np.array([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 0.5]])  # eigenvalues on the unit circle
ANTI = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SINGULAR_EQUATIONS = [
    (lambda a, q: wg.scipy.linalg.solve_sylvester(a, -a, q), WEIGHT[:3, :3]),
    (wg.scipy.linalg.solve_continuous_lyapunov, ANTI),
    (wg.scipy.linalg.solve_continuous_lyapunov, np.zeros((3, 3))),
    (wg.scipy.linalg.solve_discrete_lyapunov, TURNING),
    (lambda a, q: wg.scipy.linalg.solve_discrete_lyapunov(a, q, method="bilinear"), TURNING),
]


@pytest.mark.parametrize("of", [0, 1], ids=["matrix", "right"])
@pytest.mark.parametrize("solve, a", SINGULAR_EQUATIONS, ids=["sylvester", "rotation", "zero", "discrete", "bilinear"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_derivatives_of_singular_equations_are_refused(solve, a, of):
    f = lambda a, q: np.sum(solve(a, q) * MASK[:3, :3])
    for change in (wg.grad(f, argnums=of), wg.jacfwd(f, argnums=of), wg.jit(wg.grad(f, argnums=of))):
        with pytest.raises(wg.NotDifferentiable, match="singular, to rounding") as caught:
            change(a, WEIGHT[:3, :3])
        assert str(caught.value).count("\n") == 2


def test_the_singular_equation_of_a_batch_is_named():
    stack, q = np.stack([np.eye(3), ANTI]), WEIGHT[:3, :3]
    f = lambda a: np.sum(wg.scipy.linalg.solve_continuous_lyapunov(a, q) * MASK[:3, :3])
    with pytest.raises(wg.NotDifferentiable, match=r"equation \[1\] of a stack"):
        wg.vmap(wg.grad(f))(stack)


def test_the_adjoint_of_a_singular_system_says_so():
    """Rounding lets the factors of this matrix pass, and not those of its transpose."""
    a = np.array([[-2.0, 1.0, -2.0], [-1.0, 1.0, -2.0], [3.0, 1.0, -2.0]]) / 10
    f = lambda a: np.sum(np.linalg.solve(a, np.ones(3)))
    assert np.isfinite(f(a))
    with pytest.raises(wg.NotDifferentiable, match="linear system"):
        wg.grad(f)(a)


@pytest.mark.parametrize("ord", [1, np.inf, 2, "nuc", "fro"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 0)])
def test_norms_of_empty_matrices(shape, ord):
    f = lambda a: np.sum(np.linalg.norm(a, ord, axis=(-2, -1)))
    assert f(wg.tensor(np.zeros(shape))).numpy().dtype == float
    assert wg.grad(f)(np.zeros(shape)).shape == wg.jacfwd(f)(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("f", [lambda a: a, lambda a: np.linalg.eigh(a.T @ a)[1], lambda a: np.linalg.svd(a.T @ a)[0]])
def test_the_jacobian_of_nothing(f):
    """No direction tells which basis suits it."""
    for change in (wg.jacfwd(f), wg.jit(wg.jacfwd(f))):
        found = change(np.zeros((0, 3)))
        assert found.shape == (*f(np.zeros((0, 3))).shape, 0, 3)
