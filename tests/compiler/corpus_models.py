"""Programs of strangers: products, linear algebra, dtypes, odd sizes, time loops, models, our own transforms."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.compiler.corpus import numbers, program
from wengert.nn import functional as F

# --- products ---------------------------------------------------------------------------------------------


@program((3, 4), (4, 5), (4,), (5,), smooth=(0, 1, 2, 3))
def products(A, B, u, v):
    return A @ B, A @ u, u @ B, u @ u, np.dot(A, B), np.outer(u, v), np.inner(A, u), np.vdot(v, v), B.T @ A.T


@program((2, 1, 3, 4), (5, 4, 2), smooth=(0, 1))
def batched_products(A, B):
    return A @ B, A @ B[0], A[0, 0] @ B, A[..., 0, :] @ B[0]


@program((3, 4), (4, 3), (2, 3, 4), smooth=(0, 1, 2))
def einsums(A, B, C):
    return (
        np.einsum("ij,jk->ik", A, B),
        np.einsum("ij,ji", A, B),
        np.einsum("ij->j", A),
        np.einsum("bij,jk,bik->b", C, B, C[:, :, :3]),
        np.einsum("ii->i", A @ B),
        np.einsum("i,j->ij", A[0], B[0]),
    )


@program((2, 3, 4), (4, 3, 5), smooth=(0, 1))
def tensordots(A, B):
    return np.tensordot(A, B, ([1, 2], [1, 0])), np.tensordot(A, B[:, 0], 1), np.kron(A[0], B[0])


@program((40, 40), (40, 40), smooth=(0, 1))
def larger_products(A, B):
    return np.tanh(A @ B) @ (A + B.T)


# --- convolution ------------------------------------------------------------------------------------------


@program((2, 1, 6, 6), (8, 1, 3, 3), (3, 8, 3, 3), (8,), smooth=(0, 1, 2, 3))
def convolutional_network(x, w, v, b):
    h = F.max_pool2d(F.relu(F.conv2d(x, w, b, padding=1)), 2)
    return F.adaptive_avg_pool2d(F.conv2d(h, v, padding=1), 1)


@program((2, 8, 7), (8, 9, 3), (9, 1, 2), smooth=(0, 1, 2))
def signals_up_and_down(x, w, v):
    up = F.conv_transpose1d(x, w, stride=2, padding=1, output_padding=1)
    return F.max_pool1d(F.conv1d(np.tanh(up), v, groups=9, dilation=2), 3, 2, 1), F.avg_pool1d(up, 3, 2, 1)


# --- linear algebra ---------------------------------------------------------------------------------------


def well(A):
    """A matrix far from singular."""
    return A + 3 * np.eye(A.shape[-1])


@program((4, 4), (4,), (4, 2), smooth=(0, 1, 2))
def solved(A, b, B):
    A = well(A)
    return np.linalg.solve(A, b), np.linalg.solve(A, B), np.linalg.inv(A), np.linalg.det(A), np.linalg.slogdet(A)[1]


@program((5, 3, 3), (5, 3, 1), smooth=(0, 1))
def batches_solved(A, b):
    return np.linalg.solve(well(A), b), np.linalg.inv(well(A)), np.linalg.det(well(A))


@program((4, 4))
def decomposed(A):
    S = A @ A.T + 2 * np.eye(4)
    return np.linalg.cholesky(S), np.linalg.svd(well(A), compute_uv=False), np.linalg.inv(S)


@program((3, 4))
def norms(x):
    return np.linalg.norm(x), np.linalg.norm(x, axis=1), np.linalg.norm(x, 1, axis=0), np.linalg.norm(x[0], np.inf)


@program((6, 3), (6,), smooth=(0, 1))
def least_squares(A, b):
    return np.linalg.solve(A.T @ A + 0.1 * np.eye(3), A.T @ b)


# --- broadcasting and dtypes ------------------------------------------------------------------------------


@program((5, 1), (1, 6), (), smooth=(0, 1, 2))
def spread(a, b, c):
    return a * b + c, np.sum(a - b, axis=0), np.sum(np.exp(a * b) / (1 + c * c), axis=1), a + np.ones((2, 5, 6))


@program((4, 3), (5, 3), smooth=(0, 1))
def pairwise(x, y):
    return np.sqrt(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1))


@program(np.arange(-6, 6), np.arange(1, 13), smooth=())
def integers(i, j):
    return i + j, i * 2, i // j, i % j, i**2, i & j, i | 3, i << 1, i >> 1, i / j, np.sum(i), np.cumsum(i), -i, abs(i)


@program(np.arange(8) % 3 == 0, np.arange(8) % 2 == 0, smooth=())
def truths(p, q):
    return (
        p & q,
        p | q,
        p ^ q,
        ~p,
        np.logical_and(p, q),
        np.sum(p),
        p.any(),
        p.all(),
        np.where(p, 1.0, 2.0),
        p.astype(int),
    )


@program(numbers(6).astype(np.float32), numbers(6, phase=2).astype(np.float32), smooth=(0, 1))
def single(x, y):
    return np.exp(x) * y + 2, np.sum(x * y), x / np.float32(3), np.tanh(x @ y), x.astype(np.float64)


@program(numbers(5).astype(np.float32), (5,), np.arange(5), smooth=(0, 1))
def mixed_dtypes(x, y, i):
    return x + y, x * i, y * i, x + np.int8(1), np.sum(x) + np.sum(y), np.where(i > 2, x, y), i + 0.5


@program(np.arange(5, dtype=np.uint8), np.arange(5, dtype=np.int16), smooth=())
def small_integers(a, b):
    return (
        a + a,
        a * np.uint8(100),
        a - np.uint8(3),
        a + b,
        np.sum(a),
        np.invert(a),
        b // np.int16(2),
        a.astype(np.float32),
    )


@program(numbers(4) + 1j * numbers(4, phase=3))
def complex_numbers(z):
    w = z * (1 + 2j) + np.exp(1j * z.real)
    return np.abs(w) ** 2, w.real * w.imag, np.conj(w) * z, np.angle(w)


@program((8,))
def fourier_by_hand(x):
    k = np.arange(8)
    waves = np.exp(-2j * np.pi * np.outer(k, k) / 8)
    X = waves @ x
    return np.abs(X) ** 2, (np.conj(waves) @ (X * np.conj(X))).real / 8


# --- nothing, one, and numbers ----------------------------------------------------------------------------


@program((0,), (0, 3), smooth=(0, 1))
def empties(x, y):
    return np.sin(x), np.sum(x), np.sum(y, axis=0), np.sum(y, axis=1), np.concatenate([x, np.ones(2)]), y.T @ y


@program((), smooth=(0,))
def zero_dim(x):
    return np.sin(x) * x, x[None], np.stack([x, x * 2]), np.broadcast_to(x, (2, 2))


@program(0.7, 3, True, smooth=(0,))
def python_numbers(x, n, flag):
    return x**n + n, np.sin(x) * (flag + 1), np.where(flag, x, -x)


@program((3,), (2,))
def unused_and_repeated(x, unused):
    y = x * 2
    return y, y, x, np.arange(3), 5.0, None


@program({"w": numbers(3, 2), "b": [numbers(2), numbers(2, phase=5)]}, (4, 3), smooth=(0, 1))
def nested_containers(params, x):
    h = np.tanh(x @ params["w"] + params["b"][0])
    return {"out": h * params["b"][1], "parts": (h.sum(), [h[0]])}


# --- loops ------------------------------------------------------------------------------------------------


@program((2,))
def euler(u):
    for _ in range(50):
        u = u + 0.05 * np.stack([u[1], -np.sin(u[0])])
    return u


@program((2,), np.array([1.5, 1.0, 3.0, 1.0]), smooth=(0, 1))
def runge_kutta(u, p):
    def slope(u):
        return np.stack([u[0] * (p[0] - p[1] * u[1]), u[1] * (p[3] * u[0] - p[2])])

    for _ in range(30):
        a = slope(u)
        b = slope(u + 0.01 * a)
        u = u + 0.02 * (a + b) / 2
    return u


@program((6, 6))
def heat_in_place(u):
    u = u.copy()
    for _ in range(10):
        u[1:-1, 1:-1] += 0.2 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
    return u


@program((3, 4), (4, 2), smooth=(0, 1))
def product_by_loops(A, B):
    C = np.zeros((3, 2), like=A)
    for i in range(3):
        for j in range(2):
            for k in range(4):
                C[i, j] += A[i, k] * B[k, j]
    return C


@program((5,))
def newton(x):
    a = 1 + x * x
    y = a.copy()
    for _ in range(8):
        y = 0.5 * (y + a / y)
    return y


@program((4, 4))
def power_iteration(A):
    S, v = A @ A.T, np.ones(4)
    for _ in range(12):
        v = S @ v
        v = v / np.linalg.norm(v)
    return v @ S @ v


@program((20,), np.array([0.5, 0.3, 0.2]), smooth=(0, 1))
def filtered(x, taps):
    y = sum(taps[j] * x[2 - j : 20 - j] for j in range(3))
    padded = np.concatenate([np.zeros(2), x, np.zeros(2)])
    return y, padded[2:] * taps[0] + padded[1:-1] * taps[1] + padded[:-2] * taps[2]


@program((7, 2), (3, 2), smooth=(0, 1))
def clusters(x, centres):
    for _ in range(3):
        nearest = np.exp(-4 * np.sum((x[:, None] - centres) ** 2, axis=-1))
        share = nearest / nearest.sum(axis=1, keepdims=True)
        centres = share.T @ x / share.sum(axis=0)[:, None]
    return centres


@program(numbers(6, 6) > 0.2, smooth=())
def life(cells):
    for _ in range(4):
        around = sum(np.roll(cells.astype(int), (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
        cells = (around == 3) | (cells & (around == 2))
    return cells


@program(0.5 * numbers(3, 3) + 0.4j * numbers(3, 3, phase=4), smooth=())
def mandelbrot(c):
    z, count = np.zeros_like(c), np.zeros(c.shape, dtype=int)
    for _ in range(12):
        inside = np.abs(z) < 2
        z = np.where(inside, z * z + c, z)
        count = count + inside
    return count


@program((6, 4), (6, 4), (6, 4), smooth=(0, 1, 2))
def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.tri(6, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


@program((5,), (5,), np.array([0.3, 0.8]), smooth=(0, 1, 2))
def gaussian_process(x, y, theta):
    K = theta[0] * np.exp(-((x[:, None] - x) ** 2) / theta[1]) + 0.1 * np.eye(5)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(K, y)
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L)))


# --- transforms and loops of our own inside ---------------------------------------------------------------


@program((4,))
def gradient_descent(x):
    loss = lambda x: np.sum((x**2 - 1) ** 2)
    for _ in range(5):
        x = x - 0.05 * wg.grad(loss)(x)
    return x


@program((3,), (5, 3), smooth=(0, 1))
def derivatives_inside(x, batch):
    f = lambda x: np.sum(np.sin(x) * x[::-1])
    return wg.hessian(f)(x), wg.jacobian(np.tanh)(x), wg.vmap(wg.grad(f))(batch), wg.jvp(f, (x,), (np.ones(3),))[1]


@program((6,), (2,), smooth=(0, 1))
def scanned(x, start):
    def step(carry, x):
        a, b = carry
        return (np.tanh(a + x), b * 0.9 + a), a * b

    return wg.scan(step, (start[0], start[1]), x), wg.scan(lambda c, x: (c + x, c), 0.0, x, reverse=True)


@program((3,), smooth=(0,))
def counted(x):
    return wg.fori_loop(0, 6, lambda i, y: np.sin(y) + 0.1 * i * x, x)


@program((), smooth=(0,))
def until_small(x):
    return wg.while_loop(lambda s: s[0] * s[0] > 1e-3, lambda s: (s[0] * 0.7, s[1] + s[0] ** 2), (x + 3, x))


@program((4,), np.array(2), smooth=(0,))
def branching(x, n):
    chosen = wg.cond(n > 1, lambda x: np.sin(x), lambda x: x**2, x)
    return chosen, wg.switch(n, [lambda x: x, lambda x: 2 * x, lambda x: x * x], x), wg.map(lambda v: v**3 + n, x)
