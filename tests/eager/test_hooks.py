"""Hooks: on tensors, leaves, nodes, several gradients, saved values; retained gradients."""

import gc
import threading

import numpy as np
import pytest

import wengert as wg
from wengert.autograd.graph import register_multi_grad_hook, saved_tensors_hooks
from wengert.errors import InvalidArgument, TapeError


def test_a_tensor_hook_sees_a_tensor_and_may_replace_the_gradient():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append((type(g), g.requires_grad, g.tolist())))
    y.register_hook(lambda g: g * 10)
    (y * y).sum().backward()
    assert seen == [(wg.Tensor, False, [6.0, 12.0])]
    np.testing.assert_array_equal(x.grad, [180.0, 360.0])


def test_hooks_run_in_order_and_can_be_removed():
    x = wg.ones((), requires_grad=True)
    first = x.register_hook(lambda g: g + 1)
    with x.register_hook(lambda g: g * 10):
        (x * 1).backward()
    assert x.grad.item() == 20.0
    first.remove()
    first.remove()
    x.grad = None
    (x * 1).backward()
    assert x.grad.item() == 1.0


def test_a_leaf_hook_runs_before_and_a_post_hook_after_accumulation():
    x = wg.ones(2, requires_grad=True)
    seen = []
    x.register_hook(lambda g: seen.append(("hook", x.grad)))
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append(("post", t is x, t.grad.tolist())))
    (x * 2 + x).sum().backward()
    assert seen == [("hook", None), ("post", True, [3.0, 3.0])]
    handle.remove()
    (x * 2).sum().backward()
    assert len(seen) == 3
    with pytest.raises(TapeError, match="leaves"):
        (x * 2).register_post_accumulate_grad_hook(print)


def test_an_optimizer_in_a_post_hook():
    x = wg.ones(2, requires_grad=True)

    def step(t):
        t -= 0.5 * t.grad  # the tape is at rest here
        t.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.detach(), [0.0, 0.0])
    assert x.grad is None and x.is_leaf and x.requires_grad


def test_what_a_hook_returns_fits_the_tensor():
    x = wg.ones(2, dtype=wg.float32, requires_grad=True)
    handle = x.register_hook(lambda g: g.double() * 2)
    (x * 1).sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [2.0, 2.0]
    handle.remove()
    x.register_hook(lambda g: g.sum())
    with pytest.raises(InvalidArgument, match=r"shape \(\) for a tensor of shape \(2,\)"):
        (x * 1).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_hooks_need_a_gradient():
    for method in ("register_hook", "register_post_accumulate_grad_hook"):
        with pytest.raises(TapeError, match="doesn't require gradient"):
            getattr(wg.ones(2), method)(print)
    with pytest.raises(TapeError):
        wg.ones(2).retain_grad()


def test_retain_grad():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    assert not y.retains_grad
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    y.register_hook(lambda g: g * 2)
    (3 * y).sum().backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad, [6.0, 6.0])
    np.testing.assert_array_equal(x.grad, [12.0, 24.0])
    (3 * y).sum().backward()
    np.testing.assert_array_equal(y.grad, [12.0, 12.0])


def test_node_hooks():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * wg.full((2,), 5.0)
    seen = []

    def post(grad_inputs, grad_outputs):
        seen.append((grad_inputs[0].tolist(), grad_inputs[1], grad_outputs[0].tolist()))
        return grad_inputs[0] * 2, None

    y.grad_fn.register_prehook(lambda gs: (gs[0] + 1,))
    y.grad_fn.register_hook(post)
    y.sum().backward()
    assert seen == [([10.0, 10.0], None, [2.0, 2.0])]
    np.testing.assert_array_equal(x.grad, [20.0, 20.0])


def test_the_node_of_a_leaf_has_hooks_too():
    x = wg.ones(2, requires_grad=True)
    node = (x * 1).grad_fn.next_functions[0][0]
    seen = []
    node.register_prehook(lambda gs: seen.append(("before", gs[0].tolist(), x.grad)))
    node.register_hook(lambda inputs, outputs: seen.append(("after", inputs, outputs[0].tolist(), x.grad.tolist())))
    (x * 4).sum().backward()
    assert seen == [("before", [4.0, 4.0], None), ("after", (), [4.0, 4.0], [4.0, 4.0])]


def test_hooks_are_differentiated_with_create_graph():
    x = wg.tensor(2.0, requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * x)
    (slope,) = wg.autograd.grad(y, x, create_graph=True)  # 2x · x
    (second,) = wg.autograd.grad(slope, x)
    assert slope.item() == 8.0 and second.item() == 8.0


def test_multi_grad_hook_all():
    a, b, c = (wg.ones(2, requires_grad=True) for _ in range(3))
    calls = []
    handle = register_multi_grad_hook((a, b, c), lambda gs: calls.append([g if g is None else g.tolist() for g in gs]))
    (a * 2 + b * 3).sum().backward()
    assert calls == [[[2.0, 2.0], [3.0, 3.0], None]]
    (a + b + c).sum().backward()
    assert calls[1] == [[1.0, 1.0]] * 3
    (a * b * c).sum().backward(inputs=[b])
    assert calls[2] == [None, [1.0, 1.0], None]
    handle.remove()
    a.sum().backward()
    assert len(calls) == 3


def test_multi_grad_hook_any():
    a, b = wg.ones(2, requires_grad=True), wg.ones(2, requires_grad=True)
    calls = []
    register_multi_grad_hook((a, b), lambda g: calls.append(g.tolist()), mode="any")
    (a * 2 + b * 2).sum().backward()
    (b * 5).sum().backward()
    assert calls == [[2.0, 2.0], [5.0, 5.0]]
    with pytest.raises(InvalidArgument):
        register_multi_grad_hook((a,), print, mode="some")


def test_saved_tensors_can_be_stored_elsewhere():
    store = {}

    def pack(t):
        assert isinstance(t, wg.Tensor) and not t.requires_grad
        store[len(store)] = t.numpy()
        return len(store) - 1

    x = wg.tensor([1.0, 2.0], requires_grad=True)
    with saved_tensors_hooks(pack, lambda key: wg.tensor(store[key])):
        y = (wg.exp(x) * x).sum()
    assert len(store) == 3  # exp saves its result, the product both factors
    y.backward()
    np.testing.assert_allclose(x.grad, np.exp([1.0, 2.0]) * [2.0, 3.0])
    (x * x).sum()
    assert len(store) == 3


def test_what_unpack_returns_is_what_backward_uses():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t, lambda t: t * 100):
        y = (x * x).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad, [200.0, 400.0])


def test_saved_tensor_hooks_nest_and_allow_second_derivatives():
    x = wg.tensor(3.0, requires_grad=True)
    packed = []
    with saved_tensors_hooks(lambda t: packed.append("outer") or t, lambda t: t):
        with saved_tensors_hooks(lambda t: packed.append("inner") or t, lambda t: t):
            y = x * x
        z = y * x
    assert packed == ["inner"] * 2 + ["outer"] * 2
    (slope,) = wg.autograd.grad(z, x, create_graph=True)
    (second,) = wg.autograd.grad(slope, x)
    assert slope.item() == 27.0 and second.item() == 18.0


def test_hooks_on_saved_values_of_a_function():
    class Square(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    x = wg.tensor(3.0, requires_grad=True)
    packed = []
    with saved_tensors_hooks(lambda t: packed.append(t.item()) or t, lambda t: t):
        y = Square.apply(x)
    y.backward()
    assert packed == [3.0] and x.grad.item() == 6.0


def test_a_hook_may_walk_backwards_itself():
    x, w = wg.tensor(2.0, requires_grad=True), wg.tensor(3.0, requires_grad=True)

    def hook(g):
        with wg.enable_grad():
            (w * w).backward()

    y = x * x
    y.register_hook(hook)
    y.backward()
    assert x.grad.item() == 4.0 and w.grad.item() == 6.0


def test_hooks_of_walks_in_several_threads_do_not_mix():
    a, b = wg.ones(20, requires_grad=True), wg.ones(20, requires_grad=True)
    calls = []
    register_multi_grad_hook((a, b), lambda gs: calls.append(float(gs[0][0]) == float(gs[1][0])))

    def work(k):
        for _ in range(20):
            (a * k + b * k).sum().backward()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert calls == [True] * 80
