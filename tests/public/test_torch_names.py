"""PyTorch's spellings: what each name means, on tensors and on arrays, and where NumPy's meaning is kept."""

import subprocess
import sys

import numpy as np
import pytest

import wengert as wg

X = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
I = np.array([[0, 2], [1, 1]])

# name: (call, what it gives)
CALLS = {
    "cat": (lambda x: wg.cat([x, x], dim=1), np.hstack([X, X])),
    "mm": (lambda x: wg.mm(x, x.T), X @ X.T),
    "bmm": (lambda x: wg.bmm(x[None], x.T[None]), (X @ X.T)[None]),
    "mv": (lambda x: wg.mv(x, x[0]), X @ X[0]),
    "addmm": (lambda x: wg.addmm(x, x, wg.eye(3), beta=2), 3 * X),
    "view": (lambda x: wg.view(x, 3, -1), X.reshape(3, 2)),
    "view_as": (lambda x: wg.view_as(x, np.ones((3, 2))), X.reshape(3, 2)),
    "permute": (lambda x: wg.permute(x, (1, 0)), X.T),
    "t": (wg.t, X.T),
    "transpose": (lambda x: wg.transpose(x[None], 0, 2), X[None].swapaxes(0, 2)),
    "unsqueeze": (lambda x: wg.unsqueeze(x, -1), X[..., None]),
    "squeeze": (lambda x: wg.squeeze(x[None], dim=1), X[None]),
    "movedim": (lambda x: wg.movedim(x, 0, 1), X.T),
    "narrow": (lambda x: wg.narrow(x, 1, 1, 2), X[:, 1:]),
    "select": (lambda x: wg.select(x, 1, 2), X[:, 2]),
    "flatten": (lambda x: wg.flatten(x[None], 1, 2), X.reshape(1, 6)),
    "flatten all": (wg.flatten, X.ravel()),
    "unflatten": (lambda x: wg.unflatten(x, 1, (3, 1)), X[..., None]),
    "expand": (lambda x: wg.expand(x, 2, -1, 3), np.stack([X, X])),
    "expand_as": (lambda x: wg.expand_as(x[0], x), np.stack([X[0], X[0]])),
    "repeat_interleave": (lambda x: wg.repeat_interleave(x, 2, dim=1), np.repeat(X, 2, axis=1)),
    "tile": (lambda x: wg.tile(x, (2, 1)), np.tile(X, (2, 1))),
    "gather": (lambda x: wg.gather(x, 1, I), np.take_along_axis(X, I, 1)),
    "gather rows": (lambda x: wg.gather(x, 0, I[:1] % 2), np.array([[3.0, 1.0]])),
    "scatter": (lambda x: wg.scatter(x, 1, I, -x), np.array([[-3.0, 1.0, -1.0], [6.0, -5.0, 4.0]])),
    "scatter value": (lambda x: wg.scatter(x, 1, I[:, :1], value=0), np.array([[0.0, 1.0, 2.0], [6.0, 0.0, 4.0]])),
    "scatter_add": (lambda x: wg.scatter_add(x, 1, I, x), np.array([[6.0, 1.0, 3.0], [6.0, 16.0, 4.0]])),
    "index_select": (lambda x: wg.index_select(x, 1, np.array([2, 0])), X[:, [2, 0]]),
    "index_add": (lambda x: wg.index_add(x, 0, np.array([1, 1]), x), np.stack([X[0], X[1] + X[0] + X[1]])),
    "index_copy": (lambda x: wg.index_copy(x, 0, np.array([1]), x[:1]), np.stack([X[0], X[0]])),
    "index_fill": (lambda x: wg.index_fill(x, 1, np.array([0]), 9.0), np.array([[9.0, 1.0, 2.0], [9.0, 5.0, 4.0]])),
    "masked_fill": (lambda x: wg.masked_fill(x, x > 4, 0), np.where(X > 4, 0, X)),
    "masked_select": (lambda x: wg.masked_select(x, x > 2), X[X > 2]),
    "where": (lambda x: wg.where(x > 2, x, 0.0), np.where(X > 2, X, 0)),
    "clamp": (lambda x: wg.clamp(x, min=2, max=5), X.clip(2, 5)),
    "clamp_min": (lambda x: wg.clamp_min(x, 3), X.clip(3)),
    "lerp": (lambda x: wg.lerp(x, x + 2, 0.5), X + 1),
    "addcmul": (lambda x: wg.addcmul(x, x, x, value=2), X + 2 * X * X),
    "addcdiv": (lambda x: wg.addcdiv(x, x, x), X + 1),
    "pow": (lambda x: wg.pow(x, 2), X**2),
    "rsqrt": (wg.rsqrt, X**-0.5),
    "div": (lambda x: wg.div(x, 2, rounding_mode="floor"), X // 2),
    "sub": (lambda x: wg.sub(x, x, alpha=3), -2 * X),
    "frac": (lambda x: wg.frac(x + 0.25), np.full((2, 3), 0.25)),
    "sigmoid": (wg.sigmoid, 1 / (1 + np.exp(-X))),
    "relu": (lambda x: wg.relu(x - 3), np.maximum(X - 3, 0)),
    "softmax": (lambda x: wg.softmax(x, dim=0), np.exp(X) / np.exp(X).sum(0)),
    "log_softmax": (lambda x: wg.log_softmax(x, dim=1), X - np.log(np.exp(X).sum(1, keepdims=True))),
    "logsumexp": (lambda x: wg.logsumexp(x, 1, keepdim=True), np.log(np.exp(X).sum(1, keepdims=True))),
    "norm": (lambda x: wg.norm(x, p=1, dim=1), X.sum(1)),
    "norm of all": (wg.norm, np.sqrt(np.sum(X * X))),
    "std": (lambda x: wg.std(x, dim=1), X.std(1, ddof=1)),
    "std of NumPy": (lambda x: wg.std(x, axis=1), X.std(1)),
    "var": (lambda x: wg.var(x, dim=1, unbiased=False), X.var(1)),
    "max of two": (lambda x: wg.max(x, 4 * np.ones((2, 3))), np.maximum(X, 4)),
    "min of NumPy": (lambda x: wg.min(x, 0), X.min(0)),
    "tril": (lambda x: wg.tril(x, diagonal=1), np.tril(X, 1)),
    "argsort": (lambda x: wg.argsort(x, dim=1, descending=True), np.argsort(-X, 1)),
    "flip": (lambda x: wg.flip(x, dims=(0,)), X[::-1]),
    "roll": (lambda x: wg.roll(x, 1, dims=1), np.roll(X, 1, 1)),
    "eq": (lambda x: wg.eq(x, 3.0), X == 3),
    "einsum": (lambda x: wg.einsum("ij->j", x), X.sum(0)),
    "inverse": (lambda x: wg.inverse(x[:, :2]), np.linalg.inv(X[:, :2])),
    "swapdims": (lambda x: wg.swapdims(x, 0, 1), X.T),
}


@pytest.mark.parametrize("call, wanted", CALLS.values(), ids=CALLS)
def test_functions(call, wanted):
    ours = call(wg.tensor(X))
    assert isinstance(ours, wg.Tensor)
    np.testing.assert_allclose(ours.numpy(), wanted, rtol=1e-13)
    plain = call(X)
    np.testing.assert_allclose(plain.numpy() if isinstance(plain, wg.Tensor) else plain, wanted, rtol=1e-13)


@pytest.mark.parametrize("call", [c for c, wanted in CALLS.values() if wanted.dtype == float], ids=lambda c: "")
def test_functions_are_differentiable(call):
    x = X + 0.1  # away from the kinks
    weights = np.cos(np.arange(np.size(call(x))))
    f = lambda x: np.sum(np.ravel(call(x)) * weights)
    h = 1e-6
    numeric = [(f(wg.tensor(x + h * e)) - f(wg.tensor(x - h * e))).item() / (2 * h) for e in np.eye(6).reshape(6, 2, 3)]
    g = wg.grad(f)(x)
    np.testing.assert_allclose(g.ravel(), numeric, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(wg.jacfwd(f)(x), g, rtol=1e-12)


PAIRS = {
    "max": (lambda x: x.max(dim=1), X.max(1), X.argmax(1)),
    "min": (lambda x: wg.min(x, dim=0), X.min(0), X.argmin(0)),
    "keepdim": (lambda x: x.max(dim=1, keepdim=True), X.max(1, keepdims=True), X.argmax(1, keepdims=True)),
    "sort": (lambda x: x.sort(dim=1), np.sort(X, 1), np.argsort(X, 1)),
    "descending": (lambda x: wg.sort(x, descending=True), -np.sort(-X, 1), np.argsort(-X, 1)),
    "median": (lambda x: x.median(dim=0), X.min(0), X.argmin(0)),
    "topk": (lambda x: x.topk(2), -np.sort(-X, 1)[:, :2], np.argsort(-X, 1)[:, :2]),
    "kthvalue": (lambda x: x.kthvalue(2, dim=1), np.sort(X, 1)[:, 1], np.argsort(X, 1)[:, 1]),
}


@pytest.mark.parametrize("call, values, indices", PAIRS.values(), ids=PAIRS)
def test_pairs_of_values_and_indices(call, values, indices):
    found = call(wg.tensor(X))
    np.testing.assert_array_equal(found.values.numpy(), values)
    np.testing.assert_array_equal(found.indices.numpy(), indices)
    g = wg.grad(lambda x: np.sum(call(x).values ** 2))(X)
    np.testing.assert_allclose(np.sum(g), 2 * np.sum(values))


def test_methods_mean_the_same_as_functions():
    x = wg.tensor(X)
    for name in (
        "view_as permute t unsqueeze movedim narrow select expand gather scatter_add index_select masked_fill clamp "
        "pow rsqrt sigmoid relu softmax log_softmax logsumexp norm topk chunk split numel unbind tile eq lt neg mul "
        "div sub add mm bmm mv cos erf where isclose allclose outer logical_and fmod maximum det inverse"
    ).split():
        assert callable(getattr(x, name)), name
    assert x.dim() == 2
    assert x.numel() == 6
    assert x.permute(1, 0).shape == (3, 2)
    assert x.unsqueeze(0).shape == (1, 2, 3)
    assert x.add(x, alpha=2).tolist() == (3 * X).tolist()
    assert x.expand_dims(0).shape == (1, 2, 3)
    assert x.histogram(2)[0].tolist() == [3, 3]
    assert x.where(x > 2, -x).tolist() == np.where(X > 2, X, -X).tolist()
    assert (x.double().dtype, x.float().dtype, x.long().dtype, x.bool().dtype) == (float, np.float32, np.int64, bool)
    assert x.type_as(wg.zeros(1, dtype=wg.float32)).dtype == np.float32
    assert wg.is_tensor(x) and not wg.is_tensor(X)


def test_parts():
    x = wg.tensor(np.arange(7.0))
    assert [p.tolist() for p in x.split(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [p.tolist() for p in x.split([2, 5])] == [[0, 1], [2, 3, 4, 5, 6]]
    assert [p.tolist() for p in x.chunk(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [p.tolist() for p in np.split(x, [2, 5])] == [[0, 1], [2, 3, 4], [5, 6]]
    assert [p.item() for p in x.unbind()] == list(range(7))
    with pytest.raises(wg.InvalidArgument, match="add up"):
        x.split([2, 3])
    x.split(3)[0].fill_(9.0)  # parts are views
    assert x.tolist()[:4] == [9, 9, 9, 3]


def test_where_numpys_meaning_is_kept():
    x = wg.tensor(X)
    assert x.max(1).tolist() == X.max(1).tolist()
    assert x.repeat(2).tolist() == X.repeat(2).tolist()
    assert x.repeat(2, 1).tolist() == X.repeat(2, 1).tolist()
    assert x.repeat(2, 1, 1).shape == (2, 2, 3)
    assert x.flatten("F").tolist() == X.flatten("F").tolist()
    assert x.flatten().tolist() == X.flatten().tolist()
    assert x.transpose(1, 0).shape == (3, 2)
    assert x[None].transpose(0, 1).shape == (2, 1, 3)
    assert abs(np.std(x) - np.std(X)) < 1e-14
    y = x * 1.0
    assert y.sort() is None
    assert y.tolist() == np.sort(X).tolist()
    assert x.size == 6
    with pytest.raises(wg.InvalidArgument, match="mm"):
        wg.mm(x, x[0])
    with pytest.raises(wg.InvalidArgument, match="astype"):
        x.view(np.int64)


IN_PLACE = {
    "add_": (lambda x: x.add_(1, alpha=2), X + 2),
    "sub_": (lambda x: x.sub_(1), X - 1),
    "mul_": (lambda x: x.mul_(x), X * X),
    "div_": (lambda x: x.div_(2), X / 2),
    "pow_": (lambda x: x.pow_(2), X**2),
    "neg_": (lambda x: x.neg_(), -X),
    "exp_": (lambda x: x.exp_(), np.exp(X)),
    "sqrt_": (lambda x: x.sqrt_(), np.sqrt(X)),
    "sigmoid_": (lambda x: x.sigmoid_(), 1 / (1 + np.exp(-X))),
    "clamp_": (lambda x: x.clamp_(2, 4), X.clip(2, 4)),
    "fill_": (lambda x: x.fill_(3.0), np.full((2, 3), 3.0)),
    "copy_": (lambda x: x.copy_(x[0] * 1.0), np.stack([X[0], X[0]])),
    "masked_fill_": (lambda x: x.masked_fill_(x > 3, 0.0), np.where(X > 3, 0, X)),
    "index_add_": (lambda x: x.index_add_(0, np.array([0]), x[1:] * 1.0), np.stack([X[0] + X[1], X[1]])),
    "scatter_": (lambda x: x.scatter_(1, I, value=0.0), np.array([[0.0, 1.0, 0.0], [6.0, 0.0, 4.0]])),
    "round_": (lambda x: x.div_(4).round_(), np.round(X / 4)),
    "lerp_": (lambda x: x.lerp_(x * 1.0 + 2, 0.5), X + 1),
    "index_put_": (lambda x: x.index_put_((np.array([0, 0]),), 1.0, accumulate=True), np.stack([X[0] + 2, X[1]])),
    "fill_diagonal_": (lambda x: x.fill_diagonal_(0.0), X * [[0, 1, 1], [1, 0, 1]]),
    "abs_": (lambda x: x.neg_().abs_(), X),
    "cumsum_": (lambda x: x.cumsum_(dim=1), X.cumsum(1)),
    "tril_": (lambda x: x.tril_(), np.tril(X)),
}


@pytest.mark.parametrize("write, wanted", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place_methods(write, wanted):
    base = wg.zeros((3, 2, 3))
    base[1] = X
    part = base[1]
    assert write(part) is part
    np.testing.assert_allclose(part.numpy(), wanted)
    np.testing.assert_allclose(base[1].numpy(), wanted)  # written through the view
    assert not base[0].numpy().any()
    v = np.cos(np.arange(6)).reshape(2, 3)
    f = lambda x: np.sum(write(x * 1.0) * v)
    np.testing.assert_allclose(wg.jvp(f, (X,), (v,))[1], np.sum(wg.grad(f)(X) * v), rtol=1e-12)


def test_the_namespace_is_complete():
    assert wg.__all__ == sorted(set(wg.__all__))
    assert set(wg.__all__) <= set(dir(wg))
    for module in (wg, wg.linalg, wg.fft, wg.special):
        for name in module.__all__:
            assert getattr(module, name) is not None or name == "newaxis", name
    with pytest.raises(AttributeError, match="no_such_name"):
        wg.no_such_name  # noqa: B018
    with pytest.raises(AttributeError, match="no_such_name"):
        wg.linalg.no_such_name  # noqa: B018
    assert (wg.pi, wg.float32, wg.long, wg.float, wg.double) == (np.pi, np.float32, np.int64, np.float32, np.float64)
    assert wg.exp is np.exp
    assert wg.special.expit(wg.tensor(0.0)) == 0.5
    assert abs(wg.fft.ifft(wg.fft.fft(wg.ones(4)))[0] - 1) < 1e-12


def test_importing_loads_numpy_and_the_rule_book_only():
    program = (
        "import sys, wengert; print(*sorted(m for m in sys.modules if m.startswith(('wengert', 'scipy', 'llvm'))))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    late = ("scipy", "llvmlite", "wengert.nn", "wengert.optim", "wengert.autograd", "wengert.transforms", "wengert.cli")
    assert "wengert.ops" in loaded
    assert not [m for m in loaded if m.startswith(late)]
