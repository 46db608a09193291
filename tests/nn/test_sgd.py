"""optim.SGD: steps by the formula, groups, closures, saving and loading, leaves that stay leaves, refusals."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, StructureMismatch

TARGET = np.array([3.0, -1.0])


def quadratic(w):
    return np.sum(np.array([1.0, 4.0]) * (w - TARGET) ** 2)


def by_formula(w, steps, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    v = None
    for _ in range(steps):
        g = np.array([2.0, 8.0]) * (w - TARGET) * (-1 if maximize else 1) + weight_decay * w
        if momentum:
            v = g if v is None else momentum * v + (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        w = w - lr * g
    return w


OPTIONS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.5},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"momentum": 0.5, "weight_decay": 0.1, "maximize": True},
]


def steps(optimizer, w, count, f=quadratic):
    for _ in range(count):
        optimizer.zero_grad()
        f(w).backward()
        optimizer.step()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_steps_follow_the_formula(options):
    w = wg.tensor([1.0, 1.0], requires_grad=True)
    steps(wg.optim.SGD([w], lr=0.01, **options), w, 5)
    np.testing.assert_allclose(w.detach().numpy(), by_formula(np.ones(2), 5, 0.01, **options))


def test_leaves_stay_leaves_and_keep_their_dtype():
    w = wg.tensor(np.float32([1.0, 1.0]), requires_grad=True)
    b = wg.tensor(2.0, requires_grad=True)
    view = w.detach()
    optimizer = wg.optim.SGD([w, b], lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        (np.sum(w * w) * b).backward()
        optimizer.step()
    assert w.is_leaf and b.is_leaf and w.requires_grad and b.requires_grad
    assert w.dtype == w.grad.dtype == np.float32
    assert b.shape == ()
    assert w.detach().numpy()[0] < 1
    np.testing.assert_array_equal(view.numpy(), w.detach().numpy())


def test_a_graph_recorded_before_a_step_is_not_disturbed():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = wg.optim.SGD([w], lr=0.1)
    early = np.sum(w**3)
    np.sum(w).backward()
    optimizer.step()
    w.grad = None
    early.backward()
    np.testing.assert_allclose(w.grad.numpy(), [3.0, 12.0])


def test_groups_have_their_own_options():
    a, b, c = (wg.tensor([1.0, 1.0], requires_grad=True) for _ in range(3))
    optimizer = wg.optim.SGD([{"params": [a]}, {"params": b, "lr": 0.1}], lr=0.01)
    optimizer.add_param_group({"params": [c], "momentum": 0.5})
    for _ in range(2):
        optimizer.zero_grad()
        (quadratic(a) + quadratic(b) + quadratic(c)).backward()
        optimizer.step()
    expected = [{"lr": 0.01}, {"lr": 0.1}, {"lr": 0.01, "momentum": 0.5}]
    for w, options in zip((a, b, c), expected, strict=True):
        np.testing.assert_allclose(w.detach().numpy(), by_formula(np.ones(2), 2, **options))


def test_parameters_without_gradient_are_left_alone():
    a, b = (wg.tensor([1.0, 1.0], requires_grad=True) for _ in range(2))
    optimizer = wg.optim.SGD([a, b], lr=0.1, weight_decay=1.0)
    steps(optimizer, a, 1)
    assert b.detach().numpy().tolist() == [1, 1]
    assert a.detach().numpy().tolist() != [1, 1]


def test_zero_grad():
    w = wg.tensor([1.0, 1.0], requires_grad=True)
    optimizer = wg.optim.SGD([w])
    quadratic(w).backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.numpy().tolist() == [0, 0]
    optimizer.zero_grad()
    assert w.grad is None


def test_a_closure_is_run_with_gradients_on():
    w = wg.tensor([1.0, 1.0], requires_grad=True)
    optimizer = wg.optim.SGD([w], lr=0.01)

    def closure():
        optimizer.zero_grad()
        loss = quadratic(w)
        loss.backward()
        return loss

    with wg.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 20
    np.testing.assert_allclose(w.detach().numpy(), by_formula(np.ones(2), 1, 0.01))


@pytest.mark.parametrize("copied", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_saving_and_loading_goes_on_where_it_was(copied):
    w = wg.tensor([1.0, 1.0], requires_grad=True)
    optimizer = wg.optim.SGD([w], lr=0.01, momentum=0.9)
    steps(optimizer, w, 3)
    saved = copied(optimizer.state_dict())
    assert saved["param_groups"][0]["params"] == [0]
    again = wg.tensor(w.detach().numpy(), requires_grad=True)
    other = wg.optim.SGD([again], lr=1.0)
    other.load_state_dict(saved)
    steps(optimizer, w, 2)
    steps(other, again, 2)
    np.testing.assert_allclose(again.detach().numpy(), by_formula(np.ones(2), 5, 0.01, momentum=0.9))
    np.testing.assert_array_equal(again.detach().numpy(), w.detach().numpy())


def test_refusals():
    w = wg.tensor([1.0], requires_grad=True)
    for make, says in [
        (lambda: wg.optim.SGD([]), "no parameters"),
        (lambda: wg.optim.SGD(w), "one tensor"),
        (lambda: wg.optim.SGD([w * 2]), "MulBackward0"),
        (lambda: wg.optim.SGD([np.ones(2)]), "type ndarray"),
        (lambda: wg.optim.SGD([w, w]), "twice"),
        (lambda: wg.optim.SGD([w], lr=-1), "lr=-1"),
        (lambda: wg.optim.SGD([w], momentum=-1.0), "momentum=-1.0"),
        (lambda: wg.optim.SGD([w], nesterov=True), "nesterov=True"),
    ]:
        with pytest.raises(InvalidArgument, match=says):
            make()
    saved = wg.optim.SGD([w]).state_dict()
    with pytest.raises(StructureMismatch, match=r"\[1\]"):
        wg.optim.SGD([wg.tensor([1.0], requires_grad=True), w]).load_state_dict(saved)


@pytest.mark.peers
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_steps_are_those_of_pytorch(options):
    torch = pytest.importorskip("torch")
    found = []
    for library in (wg, torch):
        w = library.tensor([1.0, 1.0], dtype=library.float64, requires_grad=True)
        optimizer = library.optim.SGD([w], lr=0.01, **options)
        for _ in itertools.repeat(None, 5):
            optimizer.zero_grad()
            (library.tensor([1.0, 4.0], dtype=library.float64) * (w - library.tensor(TARGET)) ** 2).sum().backward()
            optimizer.step()
        found.append(w.detach().numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)
