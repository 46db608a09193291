"""`__array_function__`, NEP 35, `__array_namespace__`, DLPack, and the methods and attributes of ndarray."""

import numpy as np
import pytest

import wengert as wg

X = np.arange(6.0).reshape(2, 3) / 4 + 0.1


def same(ours, theirs):
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
        return
    if isinstance(theirs, np.ndarray | np.generic) and isinstance(ours, wg.Tensor):
        assert ours.dtype == theirs.dtype
        ours = ours.numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


CREATED = {
    "array": lambda like: np.array([1, 2.5], like=like),
    "asarray": lambda like: np.asarray([[1.0], [2.0]], like=like),
    "asanyarray": lambda like: np.asanyarray([1, 2], dtype=np.float32, like=like),
    "ascontiguousarray": lambda like: np.ascontiguousarray([1.0], like=like),
    "zeros": lambda like: np.zeros((2, 3), like=like),
    "ones": lambda like: np.ones(3, np.float32, like=like),
    "empty": lambda like: np.empty((0, 2), like=like),
    "full": lambda like: np.full((2,), 7.5, like=like),
    "arange": lambda like: np.arange(1.0, 3.0, 0.5, like=like),
    "eye": lambda like: np.eye(2, 3, k=1, like=like),
    "identity": lambda like: np.identity(2, like=like),
    "tri": lambda like: np.tri(2, 3, like=like),
    "zeros_like": lambda like: np.zeros_like(like),
    "ones_like": lambda like: np.ones_like(like, dtype=np.float32),
    "full_like": lambda like: np.full_like(like, 2.0, shape=(2,)),
    "fromiter": lambda like: np.fromiter(range(3), float, like=like),
    "frombuffer": lambda like: np.frombuffer(np.arange(2.0).tobytes(), like=like),
    "fromfunction": lambda like: np.fromfunction(lambda i: 2 * i, (3,), like=like),
    "loadtxt": lambda like: np.loadtxt(["1 2", "3 4"], like=like),
}


@pytest.mark.parametrize("make", CREATED.values(), ids=CREATED)
def test_like_makes_tensors_that_can_be_written_to(make):
    made = make(wg.ones(2))
    assert isinstance(made, wg.Tensor)
    same(made, make(np.ones(2)))
    if made.size and made.dtype.kind == "f":
        assert wg.grad(lambda x: (made.fill(x), np.sum(made))[1])(2.0) == made.size


def test_like_under_transforms():
    f = lambda x: np.sum(np.array([[x[0], 1.0], [x[1] * x[0], 2]], like=x) * [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(wg.grad(f)(np.array([2.0, 5.0])), [16.0, 6.0])
    assert np.full(2, wg.tensor(3.0, requires_grad=True), like=wg.ones(1)).requires_grad
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(np.full((2, 2), x, like=x)))(1.0), 4.0)
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(np.linspace(x, 3 * x, 5)))(1.0), 10.0)


FUNCTIONS = {
    "sum out": lambda x: np.sum(x, axis=0, out=np.zeros(3, like=x)),
    "concatenate out": lambda x: np.concatenate([x, x], out=np.zeros((4, 3), like=x)),
    "dot out": lambda x: np.dot(x, x.T, out=np.zeros((2, 2), like=x)),
    "clip out": lambda x: np.clip(x, 0.2, 1.0, out=np.zeros((2, 3), like=x)),
    "cumsum out": lambda x: np.cumsum(x, axis=1, out=np.zeros((2, 3), like=x)),
    "take out": lambda x: np.take(x, [2, 0], axis=1, out=np.zeros((2, 2), like=x)),
    "mean keyword": lambda x: np.mean(x, axis=(0, 1), keepdims=True),
    "stack": lambda x: np.stack([x, 2 * x], axis=-1),
    "block": lambda x: np.block([[x, x], [np.ones((1, 6))]]),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "tensordot": lambda x: np.tensordot(x, x, axes=[[0, 1], [0, 1]]),
    "where": lambda x: np.where(x > 0.5, x, -x),
    "meshgrid": lambda x: np.meshgrid(x[0], x[1]),
    "histogram of places": lambda x: np.searchsorted(x[0], 0.3),
    "gradient": lambda x: np.gradient(x[0]),
    "interp": lambda x: np.interp(0.7, x[0], x[1]),
    "unique": lambda x: np.unique(x),
    "percentile": lambda x: np.percentile(x, 30),
    "convolve": lambda x: np.convolve(x[0], x[1]),
    "polyval": lambda x: np.polyval(x[0], 2.0),
    "apply_along_axis": lambda x: np.apply_along_axis(np.sum, 0, x),
    "select": lambda x: np.select([x > 1], [x], 0.0),
    "linalg": lambda x: np.linalg.norm(x @ x.T),
    "nansum": lambda x: np.nansum(x),
    "fft": lambda x: np.abs(np.fft.fft(x[0])),
    "insert": lambda x: np.insert(x[0], 1, 9.0),
    "delete": lambda x: np.delete(x[0], 1),
    "broadcast_shapes": lambda x: np.broadcast_arrays(x, x[0]),
    "ix_": lambda x: x[np.ix_([1, 0], [2, 0])],
    "median": lambda x: np.median(x, axis=1),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_functions_of_untracked_tensors(f):
    same(f(wg.tensor(X)), f(X))


def test_out_carries_gradients():
    def f(x):
        y = np.zeros(3, like=x)
        assert np.sum(x, axis=0, out=y) is y
        return np.sum(y**2)

    np.testing.assert_allclose(wg.grad(f)(X), np.broadcast_to(2 * X.sum(0), (2, 3)))
    np.testing.assert_allclose(wg.jacfwd(f)(X), np.broadcast_to(2 * X.sum(0), (2, 3)))
    with pytest.raises(wg.errors.LostGradient, match=r"test_functions\.py:"):
        wg.grad(lambda x: np.sum(np.sum(x, axis=0, out=np.zeros(3))))(X)


def test_functions_without_a_rule():
    assert isinstance(np.packbits(wg.tensor([1, 0, 1])), np.ndarray)
    with pytest.raises(wg.errors.MissingRule, match=r"np\.packbits.*test_functions\.py:") as error:
        wg.grad(lambda x: np.sum(np.packbits(x)))(X)
    assert len(str(error.value).splitlines()) == 3
    with pytest.raises(wg.errors.MissingRule, match="packbits"):
        np.packbits(wg.tensor(X, requires_grad=True))


METHODS = {
    **{name: (lambda x, n=name: getattr(x, n)()) for name in (
        "all any argmax argmin argsort copy conj conjugate cumprod cumsum diagonal flatten max mean min nonzero prod "
        "ravel round squeeze std sum trace transpose var tolist"
    ).split()},
    **{name: (lambda x, n=name: getattr(x, n)) for name in (
        "T mT real imag shape ndim size itemsize nbytes dtype strides"
    ).split()},
    "item": lambda x: x.item(1, 2),
    "item of one": lambda x: x[0, 0].item(),
    "astype": lambda x: x.astype(np.float32),
    "astype keywords": lambda x: x.astype(int, order="C", casting="unsafe", copy=False),
    "reshape": lambda x: x.reshape(3, 2),
    "reshape tuple": lambda x: x.reshape((3, -1), order="F"),
    "sum": lambda x: x.sum(axis=0, keepdims=True),
    "sum positional": lambda x: x.sum(0, np.float32),
    "mean": lambda x: x.mean(1),
    "var": lambda x: x.var(axis=1, ddof=1),
    "std": lambda x: x.std(0),
    "max": lambda x: x.max(1),
    "max over two axes": lambda x: x.max((0, 1)),
    "min": lambda x: x.min(axis=0, initial=0.2),
    "ptp": lambda x: np.ptp(x),
    "clip": lambda x: x.clip(0.2, 0.9),
    "clip keywords": lambda x: x.clip(min=0.2),
    "dot": lambda x: x.dot(x.T),
    "take": lambda x: x.take([1, 0], axis=1),
    "repeat": lambda x: x.repeat(2, axis=0),
    "repeat each": lambda x: x.repeat(2),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "choose": lambda x: (x > 0.5).astype(int).choose([x, 2 * x]),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "searchsorted": lambda x: x.ravel().searchsorted([0.2, 0.7]),
    "argpartition": lambda x: np.sort(x.argpartition(1, axis=1)[:, :1]),
    "transpose": lambda x: x.transpose(1, 0),
    "transpose tuple": lambda x: x.transpose((1, 0)),
    "round": lambda x: x.round(1),
    "squeeze": lambda x: x[None].squeeze(0),
    "flat": lambda x: np.stack(list(x.flat)),
    "flat part": lambda x: x.flat[1:4],
    "len of flat": lambda x: len(x.flat),
    "any axis": lambda x: (x > 1).any(axis=0),
    "bytes": lambda x: np.frombuffer(x.tobytes()),
    "is contiguous": lambda x: x.flags.c_contiguous,
    "view": lambda x: x.view(),
    "base": lambda x: x.copy().base is None,
    "device": lambda x: x.device == "cpu",
    "to_device": lambda x: x.to_device("cpu"),
    "partition": lambda x: (lambda y: (y.partition(1), y[0])[1])(x[0] * 1),
    "byteswap free": lambda x: x.dtype.isnative,
}  # fmt: skip


@pytest.mark.parametrize("f", METHODS.values(), ids=METHODS)
def test_methods_and_attributes_of_ndarray(f):
    ours, theirs = f(wg.tensor(X)), f(X)
    same(ours, theirs) if isinstance(theirs, np.ndarray | np.generic | list | tuple) else None
    if isinstance(theirs, np.dtype | bool | int) or type(theirs) is float:
        assert (ours, type(ours)) == (theirs, type(theirs))


def test_every_public_attribute_of_ndarray_exists():
    without_meaning = {"byteswap", "ctypes", "data", "dump", "dumps", "getfield", "newbyteorder", "setfield", "tofile"}
    missing = [n for n in dir(np.ndarray) if n[0] != "_" and not hasattr(wg.ones((2, 2)), n)]
    assert set(missing) <= without_meaning


def test_an_array_api_consumer_can_work_with_tensors():
    x = wg.asarray([[1.0, 2.0], [3.0, 4.0]])
    xp = x.__array_namespace__()
    assert xp is wg
    assert xp.isdtype(x.dtype, "real floating")
    y = xp.astype(x, xp.float32)
    assert y.dtype == xp.float32
    same(xp.sum(x, axis=0), np.array([4.0, 6.0]))
    same(xp.matmul(x, xp.matrix_transpose(x)), np.array([[5.0, 11.0], [11.0, 25.0]]))
    same(xp.concat([x, xp.zeros((1, 2))]), np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]))
    same(xp.where(x > 2, x, xp.asarray(0.0)), np.array([[0.0, 0.0], [3.0, 4.0]]))
    same(xp.permute_dims(x, (1, 0)), x.numpy().T)
    same(xp.cumulative_sum(xp.asarray([1.0, 2.0]), include_initial=True), np.array([0.0, 1.0, 3.0]))
    same(xp.unstack(x)[1], np.array([3.0, 4.0]))
    same(xp.linalg.vecdot(x, x), np.array([5.0, 25.0]))
    same(xp.pow(x, 2.0), x.numpy() ** 2)
    same(xp.acos(xp.asarray(0.5)), np.arccos(0.5))
    assert xp.finfo(xp.float32).bits == 32
    assert xp.result_type(x, xp.float32) == xp.float64
    assert (xp.argmax(x), xp.any(x > 3), xp.e, xp.pi, xp.newaxis) == (3, True, np.e, np.pi, None)
    assert float(xp.mean(x)) == 2.5
    same(xp.expand_dims(x, axis=0), x.numpy()[None])
    same(xp.take_along_axis(x, xp.asarray([[0], [1]]), axis=1), np.array([[1.0], [4.0]]))
    same(xp.nonzero(x > 1)[0], np.array([0, 1, 1]))


def test_dlpack():
    x = wg.tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.from_dlpack(x), [1.0, 2.0])
    with pytest.raises(wg.errors.LostGradient):
        np.from_dlpack(wg.tensor([1.0], requires_grad=True))
    assert x.__dlpack_device__() == np.ones(1).__dlpack_device__()


def test_dim_and_keepdim_everywhere():
    x = wg.tensor(X)
    same(x.sum(dim=1, keepdim=True), X.sum(1, keepdims=True))
    same(wg.mean(x, dim=0), X.mean(0))
    same(wg.cumsum(x, dim=1), X.cumsum(1))
    same(wg.stack([x, x], dim=1), np.stack([X, X], 1))
    same(x.argmax(dim=1), X.argmax(1))
    same(wg.linalg.norm(x, dim=1), np.linalg.norm(X, axis=1))
    values, indices = x.max(dim=1)
    same(values, X.max(1))
    same(indices, X.argmax(1))
    assert wg.sum(X, dim=0).tolist() == X.sum(0).tolist()
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(x.max(dim=0).values))(X), [[0, 0, 0], [1, 1, 1]])
