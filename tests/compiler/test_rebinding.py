"""What a compiled step finds replaced: parameters, options, counters and tensors in attributes."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import wengert as wg
from tests.compiler.jitting import same
from tests.compiler.steps import INPUTS, LABELS, states, training


def test_parameters_and_options_that_are_replaced():
    model, opt, step = training({"lr": 0.1, "momentum": 0.9})
    other, other_opt, eager = training({"lr": 0.1, "momentum": 0.9})
    compiled = wg.jit(step)
    for n in range(8):
        compiled(INPUTS, LABELS), eager(INPUTS, LABELS)
        if n == 3:
            for m in (model, other):
                m.bias = wg.tensor([0.1, 0.2, 0.3], requires_grad=True)
        if n == 4:
            for o in (opt, other_opt):
                o.load_state_dict(copy.deepcopy(o.state_dict()))
        if n >= 5:
            for o in (opt, other_opt):
                o.param_groups[0]["lr"] *= 0.5
        same(states(model, opt), states(other, other_opt), 1e-12)


class Averaged:
    """A model that counts its calls and keeps a running mean in an attribute that is replaced."""

    def __init__(self):
        self.w = wg.tensor([1.0, 2.0], requires_grad=True)
        self.calls = 0
        self.rate = 0.5

    def __call__(self, x):
        self.calls += 1
        self.rate = self.rate * 0.9
        return np.sum(self.w * x) * self.rate / self.calls


def test_counters_in_attributes_count():
    mine, theirs = Averaged(), Averaged()
    compiled = wg.jit(mine)
    for n in range(5):
        same(compiled(np.ones(2) * n).item(), theirs(np.ones(2) * n).item())
        assert (mine.calls, type(mine.calls)) == (theirs.calls, int)
        assert mine.rate == theirs.rate
    assert compiled.traces == 1


def test_a_flag_that_is_set_once_settles():
    class Lazy:
        def __init__(self):
            self.w = None

        def __call__(self, x):
            if self.w is None:
                self.w = wg.ones(len(x), requires_grad=True)
            return np.sum(self.w * x)

    model = Lazy()
    f = wg.jit(model)
    for n in range(4):
        loss = f(np.arange(3.0) * n)
        same(loss.item(), 3.0 * n)
        model.w.grad = None
        loss.backward()
        same(model.w.grad.numpy(), np.arange(3.0) * n)
    assert f.traces == 2


class Adam(wg.optim.Optimizer):
    """With a step counter that is one of Python's integers."""

    def updated(self, value, gradient, state, group):
        step = state["step"] = state.get("step", 0) + 1
        m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * gradient
        v = state["v"] = 0.99 * state.get("v", 0.0) + 0.01 * gradient**2
        return value - group["lr"] * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.99**step)) + 1e-8)


def test_an_optimiser_that_counts_its_steps():
    def make():
        w = wg.tensor([1.0, 2.0], requires_grad=True)
        opt = Adam([w], {"lr": 0.1})

        def step(x):
            opt.zero_grad()
            loss = np.sum((w * x - 1) ** 2)
            loss.backward()
            opt.step()
            return loss

        return w, opt, step

    (w, opt, step), (v, _, eager) = make(), make()
    compiled = wg.jit(step)
    for n in range(6):
        x = np.array([1.0, 0.5 + n])
        assert compiled(x).item() == pytest.approx(eager(x).item(), rel=1e-12)
        same(w.detach().numpy(), v.detach().numpy(), 1e-12)
        assert opt.state[w]["step"] == n + 1 and type(opt.state[w]["step"]) is int
    assert compiled.traces == 2


class Rebinding:
    """A training step by hand that puts new tensors where the old ones were."""

    def __init__(self):
        self.w = wg.tensor([1.0, 2.0], requires_grad=True)
        self.state = {"v": wg.zeros(2)}

    def step(self, x):
        loss = np.sum((self.w * x - 1) ** 2)
        loss.backward()
        self.state["v"] = 0.9 * self.state["v"] + self.w.grad
        self.w = (self.w.detach() - 0.1 * self.state["v"]).requires_grad_()
        return loss


def test_tensors_that_are_replaced_where_they_are_found():
    mine, theirs = Rebinding(), Rebinding()
    compiled = wg.jit(mine.step)
    first = mine.w
    for n in range(5):
        x = np.array([1.0, 0.1 * n])
        assert compiled(x).item() == pytest.approx(theirs.step(x).item(), rel=1e-12)
        same(mine.w.detach().numpy(), theirs.w.detach().numpy(), 1e-12)
        assert mine.w.is_leaf and mine.w.requires_grad and mine.w.grad is None
    assert compiled.traces == 1
    same(first.detach().numpy(), np.array([1.0, 2.0]))


def test_a_replaced_tensor_that_others_hold_stays_theirs():
    model = Rebinding()
    shared = [model.w]

    def step(x):
        loss = np.sum(shared[0] * x)
        model.w = (model.w.detach() * 2).requires_grad_()
        return loss.item()

    compiled = wg.jit(step)
    assert [compiled(1.0) for _ in range(4)] == [3.0] * 4
    assert compiled.traces == 2  # the first run counted, because both names meant one tensor
    same(model.w.detach().numpy(), 16 * np.array([1.0, 2.0]))


def test_replaced_tensors_are_put_back_when_the_function_raises():
    model = Rebinding()
    w = model.w

    @wg.jit
    def step(x):
        model.w = model.w * x
        raise KeyError("late")

    with pytest.raises(KeyError):
        step(2.0)
    assert model.w is w
