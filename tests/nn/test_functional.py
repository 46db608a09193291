"""nn.functional: values by hand, every interpreter, dtypes, extreme logits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, NotDifferentiable
from wengert.nn import functional as F

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
Y = rng.uniform(0.1, 0.9, (4, 3))
P = Y / Y.sum(1, keepdims=True)
T = np.array([0, 2, 1, 1])
W = np.array([1.0, 2.0, 0.5])

# Scalar functions of a matrix of logits, one per activation, loss and option.
FUNCTIONS = {
    "relu": lambda x: np.sum(F.relu(x) ** 2),
    "leaky_relu": lambda x: np.sum(F.leaky_relu(x, 0.2) ** 3),
    "gelu": lambda x: np.sum(F.gelu(x) ** 2),
    "gelu tanh": lambda x: np.sum(F.gelu(x, approximate="tanh") ** 2),
    "sigmoid": lambda x: np.sum(F.sigmoid(x) ** 2),
    "tanh": lambda x: np.sum(F.tanh(x) ** 2),
    "softplus": lambda x: np.sum(F.softplus(x, beta=2.0) ** 2),
    "softmax": lambda x: np.sum(F.softmax(x, 0) ** 2),
    "log_softmax": lambda x: np.sum(F.log_softmax(x, axis=1) ** 2),
    "linear": lambda x: np.sum(F.linear(x, np.eye(3, dtype=x.dtype)[:2], np.ones(2, x.dtype)) ** 2),
    "cross_entropy": lambda x: F.cross_entropy(x, T),
    "cross_entropy options": lambda x: F.cross_entropy(x, T, W, label_smoothing=0.1, ignore_index=2, reduction="sum"),
    "cross_entropy probabilities": lambda x: F.cross_entropy(x, P.astype(x.dtype), W, label_smoothing=0.2),
    "nll_loss": lambda x: np.sum(F.nll_loss(F.log_softmax(x, 1), T, W, reduction="none") ** 2),
    "bce": lambda x: F.binary_cross_entropy(F.sigmoid(x), Y.astype(x.dtype), W),
    "bce none": lambda x: np.sum(F.binary_cross_entropy(F.sigmoid(x), Y.astype(x.dtype), reduction="none") ** 2),
    "bce logits": lambda x: F.binary_cross_entropy_with_logits(x, Y.astype(x.dtype)),
    "bce logits options": lambda x: F.binary_cross_entropy_with_logits(
        x, Y.astype(x.dtype), W, pos_weight=2 * W, reduction="sum"
    ),
    "mse_loss": lambda x: F.mse_loss(x, Y.astype(x.dtype)),
    "mse_loss none": lambda x: np.sum(F.mse_loss(x, Y.astype(x.dtype), reduction="none") ** 2),
    "l1_loss": lambda x: F.l1_loss(x, Y.astype(x.dtype)),
    "multi_margin_loss": lambda x: F.multi_margin_loss(x, T, weight=W),
    "multi_margin_loss squares": lambda x: F.multi_margin_loss(x, T, p=2, margin=0.7, reduction="sum"),
}
every = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)


@every
def test_all_derivatives_agree(f):
    v, w, h = rng.normal(size=X.shape), rng.normal(size=X.shape), 1e-6
    slope = np.sum(wg.grad(f)(X) * v)
    assert slope == pytest.approx((f(X + h * v) - f(X - h * v)) / (2 * h), rel=1e-6, abs=1e-9)
    assert slope == pytest.approx(wg.jvp(f, (X,), (v,))[1])
    curvature = np.sum((wg.grad(f)(X + h * v) - wg.grad(f)(X - h * v)) / (2 * h) * w)
    assert np.sum(wg.hvp(f, X, v) * w) == pytest.approx(curvature, rel=1e-5, abs=1e-7)
    reverse_over_reverse = wg.grad(lambda x: np.sum(wg.grad(f)(x) * v))(X)
    assert np.sum(reverse_over_reverse * w) == pytest.approx(curvature, rel=1e-5, abs=1e-7)
    reverse_over_forward = wg.grad(lambda x: wg.jvp(f, (x,), (v,))[1])(X)
    assert np.sum(reverse_over_forward * w) == pytest.approx(curvature, rel=1e-5, abs=1e-7)


@every
def test_vmap_is_the_stacked_loop(f):
    batch = rng.normal(size=(5, 4, 3))
    np.testing.assert_allclose(wg.vmap(f)(batch), [f(x) for x in batch])
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(batch), [wg.grad(f)(x) for x in batch])


@every
def test_a_trace_replays_on_other_input(f):
    np.testing.assert_allclose(wg.trace(f)(X)(X + 1), f(X + 1))


@every
def test_single_precision_stays_single(f):
    x = X.astype(np.float32)
    value, gradient = wg.value_and_grad(f)(x)
    assert f(x).dtype == value.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(value, f(X), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "cross_entropy", "bce", "bce logits options", "sigmoid"])
def test_extreme_logits_are_finite(name, dtype):
    # Their differences stay well within float32.
    extreme = np.array([[1e15, -1e15, 0], [-1e15, 3e2, 1e3], [1e4, 1e4, -1e4], [0, 0, 0]], dtype)
    value, gradient = wg.value_and_grad(FUNCTIONS[name])(extreme)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


def test_infinite_logits_of_the_right_sign_cost_nothing():
    x, y = np.array([np.inf, -np.inf]), np.array([1.0, 0.0])
    value, gradient = wg.value_and_grad(F.binary_cross_entropy_with_logits)(x, y)
    assert value == 0
    np.testing.assert_array_equal(gradient, 0)
    masked = np.array([[0.0, -np.inf, 0.0]])
    value, gradient = wg.value_and_grad(F.cross_entropy)(masked, np.array([2]))
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient, [[0.5, 0, -0.5]])


def test_values_by_hand():
    np.testing.assert_allclose(F.cross_entropy(np.zeros((2, 4)), np.array([0, 3])), np.log(4))
    np.testing.assert_allclose(F.nll_loss(-np.eye(2), np.array([0, 1]), reduction="none"), [1, 1])
    np.testing.assert_allclose(F.binary_cross_entropy(np.array([0.25]), np.array([1.0])), np.log(4))
    np.testing.assert_allclose(F.binary_cross_entropy(np.array([0.0]), np.array([1.0])), 100)
    np.testing.assert_allclose(
        F.binary_cross_entropy_with_logits(np.zeros(3), np.ones(3), reduction="sum"), 3 * np.log(2)
    )
    np.testing.assert_allclose(F.mse_loss(np.array([1.0, 3.0]), np.array([0.0, 1.0]), reduction="none"), [1, 4])
    np.testing.assert_allclose(F.l1_loss(np.array([1.0, 3.0]), np.array([0.0, 1.0]), reduction="sum"), 3)
    # max(0, 1 - 0.5 + 0) + max(0, 1 - 0.5 + 1) over three classes
    np.testing.assert_allclose(F.multi_margin_loss(np.array([0.5, 0.0, 1.0]), np.array(0)), 2 / 3)
    np.testing.assert_allclose(F.multi_margin_loss(np.array([0.5, 0.0, 1.0]), np.array(0), p=2), (0.25 + 2.25) / 3)
    np.testing.assert_allclose(F.leaky_relu([-2.0, 3.0]), [-0.02, 3])
    np.testing.assert_allclose(F.softmax([[1, 1], [1, 1]]), 0.5)


def test_kinks():
    assert wg.grad(F.relu)(0.0) == 0
    assert wg.grad(lambda x: F.l1_loss(x, 0.0))(0.0) == 0
    at_margin = np.array([1.0, 0.0])
    np.testing.assert_array_equal(wg.grad(F.multi_margin_loss)(at_margin, np.array(0)), 0)


def test_class_weights_and_ignored_classes():
    each = F.cross_entropy(X, T, reduction="none")
    weighted = np.sum(each * W[T]) / np.sum(W[T])
    assert F.cross_entropy(X, T, W) == pytest.approx(weighted)
    ignored = np.where(T == 1, -100, T)
    assert F.cross_entropy(X, ignored) == pytest.approx(each[T != 1].mean())
    np.testing.assert_array_equal(wg.grad(F.cross_entropy)(X, ignored)[T == 1], 0)
    assert F.cross_entropy(X, np.eye(3)[T]) == pytest.approx(each.mean())


def test_classes_are_on_axis_one():
    x, t = rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (2, 4))
    each = F.cross_entropy(x, t, reduction="none")
    assert each.shape == (2, 4)
    assert each[1, 2] == pytest.approx(F.cross_entropy(x[1, :, 2], t[1, 2]))


def test_targets_and_weights_have_gradients_too():
    h = 1e-6
    for f, at in [
        (lambda y: F.binary_cross_entropy_with_logits(X, y, pos_weight=W), Y),
        (lambda w: F.binary_cross_entropy_with_logits(X, Y, w, pos_weight=2 * w), W),
        (lambda y: F.binary_cross_entropy(Y, y), P),
        (lambda w: F.cross_entropy(X, T, w), W),
        (lambda y: F.mse_loss(X, y), Y),
    ]:
        v = rng.normal(size=at.shape)
        assert np.sum(wg.grad(f)(at) * v) == pytest.approx((f(at + h * v) - f(at - h * v)) / (2 * h), rel=1e-6)


def test_vmapped_targets():
    x, t = rng.normal(size=(5, 4, 3)), rng.integers(0, 3, (5, 4))
    for f in (F.cross_entropy, F.multi_margin_loss):
        np.testing.assert_allclose(wg.vmap(f)(x, t), [f(a, b) for a, b in zip(x, t, strict=True)])
        np.testing.assert_allclose(wg.vmap(f, in_axes=(None, 0))(x[0], t), [f(x[0], b) for b in t])
    np.testing.assert_array_equal(wg.vmap(lambda c: F.one_hot(c, 3))(t), np.eye(3)[t])


def test_one_hot():
    assert F.one_hot(np.array([[0, 2]])).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert F.one_hot(np.array(1), 3).dtype == np.int64
    with pytest.raises(InvalidArgument, match="class number 3"):
        F.one_hot(np.array([0, 3]), 3)
    with pytest.raises(InvalidArgument, match="class number -1"):
        F.one_hot(np.array([-1]))


def test_in_place_activations_write_their_input():
    x = np.array([-1.0, 2.0])
    assert F.relu(x, inplace=True) is x
    assert x.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: F.cross_entropy(X, np.array([0, 1, 2, 3])), "class number 3"),
        (lambda: F.cross_entropy(X, T[:2]), r"shape \(2,\)"),
        (lambda: F.cross_entropy(X, T, W[:2]), r"3 classes"),
        (lambda: F.cross_entropy(X, T, label_smoothing=2.0), "label_smoothing=2.0"),
        (lambda: F.cross_entropy(1.0, np.array(0)), "one number"),
        (lambda: F.nll_loss(X, T + 0j), "dtype complex"),
        (lambda: F.mse_loss(X, Y, reduction="avg"), "reduction='avg'"),
        (lambda: F.binary_cross_entropy(X, Y[0]), r"shape \(3,\)"),
        (lambda: F.binary_cross_entropy_with_logits(X, Y, np.ones(2)), "weight of shape"),
        (lambda: F.multi_margin_loss(X, T, p=3), "p=3"),
        (lambda: F.softmax(X, 1, axis=0), "dim=1 and axis=0"),
        (lambda: F.softmax(X, 2), "axis 2"),
        (lambda: F.gelu(X, "fast"), "approximate='fast'"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(InvalidArgument, match=says):
        call()


def test_complex_numbers_are_refused():
    with pytest.raises(NotDifferentiable, match="complex128"):
        F.mse_loss(X + 1j, Y)


def test_broadcasting_a_loss_warns():
    with pytest.warns(UserWarning, match="broadcast"):
        assert F.mse_loss(np.ones((2, 1)), np.zeros(2)) == 1


def test_one_number_counts_as_a_vector_of_one():
    x = wg.tensor(2.0, requires_grad=True)
    assert F.softmax(x, 0).item() == 1 and F.softmax(2.0) == 1 and F.softmin(2.0, -1) == 1
    out = F.log_softmax(x, -1)
    out.backward()
    assert out.shape == () and out.item() == 0 and x.grad.item() == 0
    assert wg.hessian(lambda x: F.softmax(x, 0) ** 2)(2.0) == 0
    with pytest.raises(InvalidArgument, match="axis 1"):
        F.softmax(2.0, 1)
    assert F.kl_div(np.log(0.5), np.array(0.25), reduction="batchmean") == F.kl_div(np.log(0.5), np.array(0.25))


@pytest.mark.parametrize(
    "call",
    [
        F.mse_loss, F.l1_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.hinge_embedding_loss,
        F.soft_margin_loss, F.multilabel_soft_margin_loss,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_targets_that_are_integers_leave_the_dtype_alone(call):
    x, y = Y.astype(np.float32), (Y > 0.5).astype(int)
    assert call(x, y).dtype == call(x, y > 0).dtype == np.float32
    np.testing.assert_array_equal(call(x, y), call(x, y.astype(np.float32)))


@pytest.mark.parametrize("weight", [None, W])
def test_where_no_target_counts_the_loss_is_no_number_and_the_gradient_nothing(weight):
    x = wg.tensor(X, requires_grad=True)
    loss = F.cross_entropy(x, np.full(4, -100), weight)
    loss.backward()
    assert np.isnan(loss.item())
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((4, 3)))
    assert F.cross_entropy(x, np.full(4, -100), weight, reduction="sum").item() == 0


@pytest.mark.parametrize(
    "layer", [wg.nn.BatchNorm1d, lambda n: wg.nn.InstanceNorm1d(n, affine=True, track_running_stats=True)]
)
def test_an_empty_batch_leaves_the_running_statistics_alone(layer):
    layer = layer(2)
    out = layer(wg.zeros((0, 2, 3), requires_grad=True))
    assert out.shape == (0, 2, 3)
    np.sum(out).backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), np.zeros(2))
    np.testing.assert_array_equal(layer.running_mean.numpy(), np.zeros(2))
    np.testing.assert_array_equal(layer.running_var.numpy(), np.ones(2))


def test_identity_kernels_are_those_of_convolutions():
    w = wg.nn.init.dirac_(wg.empty(4, 2, 3), groups=2)
    np.testing.assert_array_equal(F.conv1d(X.T[None, [0, 1, 0, 1]], w, padding=1, groups=2), X.T[None, [0, 1, 0, 1]])
    for shape, groups in [((3, 3), 1), ((3, 3, 3), 2)]:
        with pytest.raises(InvalidArgument, match="the kernel of a convolution"):
            wg.nn.init.dirac_(wg.empty(*shape), groups)
