"""What a leaf is, how its gradient accumulates, and what may be done to it."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InplaceLeaf, InvalidArgument, LostGradient, NotDifferentiable, TapeError


def test_a_created_tensor_is_a_leaf_and_a_result_is_not():
    x = wg.ones(2, requires_grad=True)
    y = x * 2
    assert x.is_leaf and x.requires_grad and x.grad_fn is None
    assert not y.is_leaf and y.requires_grad and y.grad_fn.name() == "MulBackward0"
    c = wg.ones(2) * 2
    assert c.is_leaf and not c.requires_grad and c.grad_fn is None


def test_gradients_accumulate_into_the_same_object():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    held = x.grad
    (3 * x).sum().backward()
    assert x.grad is held
    np.testing.assert_array_equal(held, [5.0, 7.0])
    x.grad.zero_()
    np.testing.assert_array_equal(held, [0.0, 0.0])
    x.grad = None
    assert x.grad is None


def test_gradients_do_not_share_memory():
    x, y = wg.zeros(2, requires_grad=True), wg.zeros(2, requires_grad=True)
    seed = np.ones(2)
    (x + y).backward(seed)
    x.grad[0] = 5.0
    seed[1] = 7.0
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [5.0, 1.0])


def test_assigned_gradient_is_checked():
    x = wg.ones(2, requires_grad=True)
    x.grad = wg.full((2,), 4.0)
    x.sum().backward()
    np.testing.assert_array_equal(x.grad, [5.0, 5.0])
    with pytest.raises(TapeError, match="shape and dtype"):
        x.grad = wg.ones(3)
    with pytest.raises(TypeError, match="int"):
        x.grad = 3


def test_requires_grad_needs_floats():
    with pytest.raises(NotDifferentiable, match="floating point"):
        wg.tensor([1, 2], requires_grad=True)
    with pytest.raises(NotDifferentiable):
        wg.arange(3).requires_grad_()


def test_freezing_and_thawing_a_leaf():
    x, w = wg.ones(2), wg.ones(2, requires_grad=True)
    w.requires_grad_(False)
    assert not (x * w).requires_grad
    w.requires_grad = True
    (x * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [1.0, 1.0])
    y = x * w
    with pytest.raises(TapeError, match="only change requires_grad flags of leaf"):
        y.requires_grad = False


def test_writing_to_a_leaf_is_refused_and_nothing_happens():
    w = wg.ones(2, requires_grad=True)
    with pytest.raises(InplaceLeaf):
        w += 1
    with pytest.raises(InplaceLeaf):
        w[0] = 5.0
    with pytest.raises(InplaceLeaf):
        w.zero_()
    np.testing.assert_array_equal(w.detach(), [1.0, 1.0])


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_an_update_inside_no_grad_keeps_the_leaf(shape):
    w = wg.full(shape, 2.0, requires_grad=True)
    held = w
    for _ in range(3):
        (w * w).sum().backward()
        with wg.no_grad():
            w -= 0.25 * w.grad
        w.grad.zero_()
    assert w is held and w.is_leaf and w.requires_grad
    np.testing.assert_array_equal(w.detach(), np.full(shape, 0.25))


def test_data_reads_and_writes_without_the_tape():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    y = (w * w).sum()
    assert not w.data.requires_grad
    w.data[0] = 10.0
    w.data -= wg.ones(2)
    assert w.is_leaf and w.requires_grad
    np.testing.assert_array_equal(w.detach(), [9.0, 1.0])
    y.backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])  # what y saw
    w.data = wg.zeros(3)
    w.grad = None
    (w + 1).sum().backward()
    np.testing.assert_array_equal(w.grad, np.ones(3))


def test_detach_shares_memory_both_ways():
    x = wg.tensor([1.0, 2.0])
    d = x.detach()
    d[0] = 5.0
    np.testing.assert_array_equal(x, [5.0, 2.0])
    x[1] = 7.0
    np.testing.assert_array_equal(d, [5.0, 7.0])


def test_a_leaf_made_of_a_detached_tensor_owns_its_memory():
    x = wg.ones(2)
    w = x.detach().requires_grad_()
    x[0] = 5.0
    assert w.requires_grad
    with wg.no_grad():
        w += 1
    np.testing.assert_array_equal(w.detach(), [2.0, 2.0])
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [4.0, 4.0])


def test_detached_scalars_do_not_keep_their_graph():
    class Saved:
        pass

    x = wg.ones(3, requires_grad=True)
    loss = (x * x).sum()
    node = loss.grad_fn
    node.metadata["held"] = held = Saved()
    gone = weakref.ref(held)
    del held, node
    log = loss.detach()
    del loss
    gc.collect()
    assert gone() is None
    assert log.item() == 3.0


def test_detach_in_place():
    x = wg.ones(2, requires_grad=True)
    y = x * 2
    assert y.detach_() is y
    assert not y.requires_grad and y.is_leaf
    with pytest.raises(TapeError, match="view"):
        (x * 2)[0:1].detach_()


def test_clone_passes_gradients_and_shares_nothing():
    x = wg.ones(2, requires_grad=True)
    y = x.clone()
    y[0] = 5.0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0])
    assert y.grad_fn is not None


def test_zero_d_parameters():
    a = wg.tensor(2.0, requires_grad=True)
    (a**3).backward()
    assert a.grad.shape == () and a.grad.item() == 12.0
    a.grad.zero_()
    assert a.grad.item() == 0.0
    with wg.no_grad():
        a.fill_(5.0)
    assert a.item() == 5.0 and a.is_leaf


def test_deepcopy_of_a_leaf():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    x.name = "x"
    (x * x).sum().backward()
    twin = copy.deepcopy({"a": x, "b": x})
    y = twin["a"]
    assert y is twin["b"] and y is not x and y.requires_grad and y.is_leaf and y.name == "x"
    np.testing.assert_array_equal(y.grad, x.grad)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    np.testing.assert_array_equal(y.grad, [3.0, 5.0])
    assert not copy.deepcopy(x.detach()).requires_grad


def test_deepcopy_of_a_result_is_refused():
    with pytest.raises(TapeError, match="Only leaf tensors"):
        copy.deepcopy(wg.ones(2, requires_grad=True) * 2)


def test_pickle():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward()
    y = pickle.loads(pickle.dumps(x))
    assert y.requires_grad and y.is_leaf
    np.testing.assert_array_equal(y.detach(), x.detach())
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    z = pickle.loads(pickle.dumps(wg.tensor(3)))
    assert z.item() == 3 and not z.requires_grad


def test_numbers_out():
    x = wg.tensor([1.5, 2.5], requires_grad=True)
    assert x[0].item() == 1.5 and x.item(1) == 2.5
    with pytest.raises(LostGradient, match="detach"):
        x.numpy()
    values = x.numpy(force=True)
    values[0] = 9.0
    np.testing.assert_array_equal(x.detach().numpy(), [1.5, 2.5])

    def leak(z):
        return z * z.item()

    with pytest.raises(LostGradient):
        wg.grad(leak)(2.0)


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda x: x, "tensor([1., 2.], requires_grad=True)"),
        (lambda x: x + 1, "tensor([2., 3.], grad_fn=<AddBackward0>)"),
        (lambda x: x.detach(), "tensor([1., 2.])"),
        (lambda x: x.sum().detach(), "tensor(3.)"),
        (lambda x: x.detach().long(), "tensor([1, 2])"),
        (lambda x: x.detach().float(), "tensor([1., 2.], dtype=float32)"),
        (lambda x: x > 1, "tensor([False,  True])"),
    ],
)
def test_repr(make, text):
    assert repr(make(wg.tensor([1.0, 2.0], requires_grad=True))) == text


def test_casts_and_devices():
    x = wg.ones(2, requires_grad=True)
    y = x.float()
    assert y.dtype == np.float32 and y.to(wg.float64).dtype == np.float64 and x.to("cpu") is x
    y.sum().backward()
    assert x.grad.dtype == np.float64
    assert (
        x.device == "cpu" == wg.device("cpu")
        and x.to(wg.device("cpu")) is x
        and x.device.type == "cpu"
        and x.cpu() is x
        and x.contiguous() is x
    )
    assert x.dim() == 1 and x.numel() == 2 and x.element_size() == 8 and x.is_floating_point()
    assert x.type(wg.int64).dtype == np.int64 and (x > 0).int().dtype == np.int32
    with pytest.raises(InvalidArgument, match="cuda"):
        x.to("cuda")
    with pytest.raises(InvalidArgument):
        x.cuda()


def test_version_counts_writes():
    x = wg.zeros(3)
    before = x._version
    x[0] = 1.0
    x += 1
    assert x._version == before + 2 and x[1:]._version == before + 2


def test_in_place_methods_are_recorded():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x.clone()
    y.mul_(y).add_(x, alpha=3).sub_(1).div_(2)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.5, 3.5])
    z = wg.zeros(2).copy_(x)
    z.sum().backward()
    np.testing.assert_array_equal(x.grad, [3.5, 4.5])


def test_shallow_copy():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    x.name = "x"
    y = copy.copy(x)
    assert y.is_leaf and y.requires_grad and y.name == "x"
    (y * y).sum().backward()
    assert x.grad is None
    z = copy.copy(x * 3)
    z.sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
