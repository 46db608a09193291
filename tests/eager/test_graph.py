"""The graph: names and edges of nodes, views and in-place writes, freeing, depth."""

import threading

import numpy as np
import pytest

import wengert as wg
from wengert.errors import FreedGraph, TapeError


@pytest.mark.parametrize(
    "f, name",
    [
        (lambda x: x + 1, "AddBackward0"),
        (lambda x: x - 1, "SubBackward0"),
        (lambda x: x * 2, "MulBackward0"),
        (lambda x: x / 2, "DivBackward0"),
        (lambda x: x**2, "PowBackward0"),
        (lambda x: -x, "NegBackward0"),
        (lambda x: wg.sin(x), "SinBackward0"),
        (lambda x: wg.exp(x), "ExpBackward0"),
        (lambda x: x.sum(), "SumBackward0"),
        (lambda x: x.mean(), "MeanBackward0"),
        (lambda x: x @ x, "MmBackward0"),
        (lambda x: x.clone(), "CloneBackward0"),
    ],
)
def test_nodes_have_pytorch_names(f, name):
    x = wg.ones(2, 2, requires_grad=True)
    assert f(x).grad_fn.name() == name
    assert f(x).grad_fn.__class__.__name__ == name


def test_next_functions_lead_to_the_leaves():
    x, c = wg.ones(2, requires_grad=True), wg.ones(2)
    y = x * c
    ((leaf, number), (nothing, zero)) = y.grad_fn.next_functions
    assert leaf.name() == "AccumulateGrad" and leaf.variable is x and number == zero == 0 and nothing is None
    loss = y.sum()
    assert loss.grad_fn.next_functions == ((y.grad_fn, 0),)


def test_results_of_one_op_know_their_number():
    class Both(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x + 1, x * 2

        @staticmethod
        def backward(ctx, g, h):
            return g + 2 * h

    x = wg.ones(2, requires_grad=True)
    a, b = Both.apply(x)
    assert (a.output_nr, b.output_nr) == (0, 1) and a.grad_fn is b.grad_fn
    assert a.grad_fn.name() == "BothBackward"
    assert (b * 1).grad_fn.next_functions[0] == (b.grad_fn, 1)


def test_backward_frees_what_was_saved():
    x = wg.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(FreedGraph, match="retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    z = (x * x).sum()
    z.backward(retain_graph=True)
    z.backward()
    np.testing.assert_array_equal(x.grad, [6.0, 6.0])


def test_a_failed_backward_writes_nothing():
    x, y = wg.ones(2, requires_grad=True), wg.ones(2, requires_grad=True)

    class Broken(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ZeroDivisionError

    early = y * 2
    early.retain_grad()
    loss = (Broken.apply(x * 1) + early).sum()
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert x.grad is None and y.grad is None and early.grad is None
    assert wg.is_grad_enabled()


def test_backward_needs_a_scalar_and_a_graph():
    x = wg.ones(2, requires_grad=True)
    with pytest.raises(TapeError, match="implicitly created only for scalar") as error:
        (x * 2).backward()
    assert len(str(error.value).splitlines()) == 3 and "test_graph.py" in str(error.value)
    with pytest.raises(TapeError, match="does not require grad"):
        wg.ones(()).backward()
    (x[:1] * 2).backward()  # one entry counts as a scalar
    np.testing.assert_array_equal(x.grad, [2.0, 0.0])


def test_backward_to_chosen_inputs():
    x, y = wg.ones(2, requires_grad=True), wg.ones(2, requires_grad=True)
    h = x * y
    (h * h).sum().backward(inputs=[x, h])
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    np.testing.assert_array_equal(h.grad, [2.0, 2.0])
    assert y.grad is None
    with pytest.raises(TapeError):
        (x * y).sum().backward(inputs=[])


def test_backward_inside_a_transform_is_refused():
    def f(x):
        loss = x * x
        loss.backward()
        return loss

    with pytest.raises(TapeError, match="inside a transform"):
        wg.grad(f)(2.0)


def test_writes_through_views_reach_the_gradient():
    x = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    row = y[1:]
    row *= x[:2]
    (y * y).sum().backward()
    # y = (x0, x1 x0, x2 x1)
    np.testing.assert_array_equal(x.grad, [2 + 2 * 4 * 1, 2 * 2 + 2 * 2 * 9, 2 * 3 * 4])


def test_a_value_that_is_overwritten_after_use_keeps_its_gradient():
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    z = (y * y).sum()
    y.zero_()
    z.backward()
    np.testing.assert_array_equal(x.grad, [18.0, 36.0])


def chain(n):
    x = wg.ones((), requires_grad=True)
    y = x
    for _ in range(n):
        y = y * 1.0
    return x, y


def test_a_chain_of_200_000_ops():
    x, y = chain(200_000)
    y.backward()
    assert x.grad.item() == 1.0


@pytest.mark.parametrize("walked", [False, True])
def test_a_long_chain_can_be_dropped_in_a_thread(walked):
    done = []

    def work():
        x, y = chain(200_000)
        if walked:
            y.backward()
        del y
        done.append(x)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done[0].grad.item() == 1.0 if walked else done[0].grad is None


def test_threads_accumulate_safely():
    w = wg.zeros(50, requires_grad=True)
    shared = (w + 1).sum()

    def work():
        for _ in range(50):
            (w * 2).sum().backward()
            shared.backward(retain_graph=True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(w.grad, np.full(50, 4 * 50 * 3.0))


def test_modes_belong_to_their_thread():
    seen = []
    with wg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(wg.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]
