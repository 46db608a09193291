"""Optimisers that users write as they do for PyTorch, and the hooks of all optimisers."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument


class HeavyBall(wg.optim.Optimizer):
    """With a step and a state of its own, and without an lr."""

    def __init__(self, params, alpha=0.1, mu=0.5):
        super().__init__(params, {"alpha": alpha, "mu": mu})

    @wg.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with wg.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"], state["ball"], state["unset"] = 0, wg.zeros_like(p), None
                state["step"] += 1
                state["ball"].mul_(group["mu"]).add_(p.grad)
                p.add_(state["ball"], alpha=-group["alpha"])
        return loss


class Plain(wg.optim.Optimizer):
    """A rule, with an option that is not called lr."""

    @classmethod
    def updated(cls, value, gradient, state, group):
        return value - group["alpha"] * gradient


def leaf(x):
    return wg.tensor(x, requires_grad=True)


def train(optimizer, params, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        for p in params:
            (p**2).sum().backward()
        optimizer.step()


def test_a_step_of_ones_own_is_that_of_sgd_written_otherwise():
    ours, theirs = leaf([1.0, -2.0]), leaf([1.0, -2.0])
    train(HeavyBall([ours]), [ours], 4)
    train(wg.optim.SGD([theirs], lr=0.1, momentum=0.5), [theirs], 4)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-15)


def test_a_rule_without_lr():
    w = leaf([1.0, 2.0])
    optimizer = Plain([w], {"alpha": 0.25})
    train(optimizer, [w])
    np.testing.assert_array_equal(w.detach().numpy(), [0.5, 1.0])
    optimizer.load_state_dict(optimizer.state_dict())


def test_training_goes_on_from_a_state():
    w, v = leaf([1.0]), leaf([3.0, 4.0])
    optimizer = HeavyBall([{"params": [w]}, {"params": v, "alpha": 0.2}])
    train(optimizer, [w, v], 2)
    state = copy.deepcopy(optimizer.state_dict())
    assert state["state"][1]["step"] == 2
    assert [(g["alpha"], g["params"]) for g in state["param_groups"]] == [(0.1, [0]), (0.2, [1])]
    others = [leaf(p.detach().numpy().copy()) for p in (w, v)]
    other = HeavyBall([{"params": [p]} for p in others])
    other.load_state_dict(state)
    assert other.state[others[0]]["unset"] is None
    train(optimizer, [w, v], 2)
    train(other, others, 2)
    for p, q in zip((w, v), others, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())
    np.testing.assert_array_equal(state["state"][0]["ball"].numpy(), [2 * 0.8 + 0.5 * 2])


def test_a_group_added_later_has_the_defaults():
    optimizer = HeavyBall([leaf([1.0])])
    optimizer.add_param_group({"params": leaf([2.0]), "alpha": 0.7})
    assert [(g["alpha"], g["mu"]) for g in optimizer.param_groups] == [(0.1, 0.5), (0.7, 0.5)]


@pytest.mark.parametrize("name", ["SGD", "Adam", "LBFGS"])
def test_looking_at_a_state_does_not_start_it(name):
    w, v = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    looked, other = (getattr(wg.optim, name)([p], lr=0.1) for p in (w, v))
    assert looked.state[w] == {}
    for p, optimizer in ((w, looked), (v, other)):
        loss = lambda p=p: (p**2).sum()

        def closure(p=p, loss=loss):
            p.grad = None
            value = loss()
            value.backward()
            return value

        optimizer.step(closure)
    np.testing.assert_array_equal(w.detach().numpy(), v.detach().numpy())


def test_what_is_no_parameter_may_have_a_state():
    w = leaf([1.0])
    optimizer = HeavyBall([w])
    optimizer.state["shared"] = {"k": 7}
    other = HeavyBall([leaf([1.0])])
    other.load_state_dict(optimizer.state_dict())
    assert other.state == {"shared": {"k": 7}}


def test_an_optimiser_that_goes_with_the_groups_of_another():
    class Slow(wg.optim.Optimizer):
        def __init__(self, base):
            self.base, self.param_groups, self.state, self.defaults = base, base.param_groups, base.state, base.defaults
            self.start = [p.detach().clone() for p in base.param_groups[0]["params"]]

        def step(self, closure=None):
            self.base.step(closure)
            for p, q in zip(self.param_groups[0]["params"], self.start, strict=True):
                p.data.copy_(q + (p.data - q) * 0.5)

    w = leaf([1.0, 2.0])
    slow = Slow(wg.optim.SGD([w], lr=0.25))
    seen = []
    slow.register_step_post_hook(lambda *_: seen.append(1))
    train(slow, [w])
    np.testing.assert_array_equal(w.detach().numpy(), [0.75, 1.5])
    assert seen == [1]


def test_names_of_parameters():
    model = wg.nn.Linear(2, 3)
    optimizer = wg.optim.Adam(model.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    wg.optim.Adam(model.parameters()).load_state_dict(optimizer.state_dict())
    with pytest.raises(InvalidArgument):
        wg.optim.Adam([("weight", model.weight), model.bias])


def test_options_of_a_group_that_no_rule_knows_may_be_anything():
    w = wg.ones((40, 40), requires_grad=True)
    optimizer = wg.optim.Adam([{"params": [w], "tags": ["a"], "more": {}}], betas=[0.0, 0.99])
    train(optimizer, [w], 2)
    assert np.all(w.detach().numpy() < 1)


# --- hooks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda p: wg.optim.Adam(p, lr=0.1), HeavyBall, wg.optim.LBFGS])
def test_hooks_surround_a_step(make):
    w = leaf([1.0])
    optimizer, log = make([w]), []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append((o, args[0], w.item())))
    optimizer.register_step_post_hook(lambda o, args, kwargs: log.append((kwargs.keys(), w.item())))

    def closure():
        w.grad = None
        loss = (w**2).sum()
        loss.backward()
        return loss

    loss = optimizer.step(closure=closure)
    after = w.item()
    assert loss.item() == 1.0
    assert log == [(optimizer, optimizer, 1.0), ({"closure": None}.keys(), after)]
    before.remove()
    optimizer.step(closure)
    assert len(log) == 3


def test_hooks_are_called_once_though_a_step_calls_that_of_its_base():
    class Counting(wg.optim.SGD):
        def step(self, closure=None):
            self.count = getattr(self, "count", 0) + 1
            return super().step(closure)

    w, log = leaf([1.0]), []
    optimizer = Counting([w], lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: log.append("before"))
    optimizer.register_step_post_hook(lambda *_: log.append("after"))
    train(optimizer, [w], 2)
    assert log == ["before", "after"] * 2
    assert optimizer.count == 2


def test_a_hook_may_replace_the_arguments_of_the_step():
    w = leaf([1.0])
    optimizer = wg.optim.SGD([w], lr=0.1)
    closure = lambda: 3.0
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": closure}))
    assert optimizer.step() == 3.0
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 5)
    with pytest.raises(InvalidArgument, match="returned a int"):
        optimizer.step()


def test_hooks_of_saving_and_loading():
    w, log = leaf([1.0]), []
    optimizer = wg.optim.SGD([w], lr=0.1)
    optimizer.register_state_dict_pre_hook(lambda o: log.append("save"))
    optimizer.register_state_dict_post_hook(lambda o, state: state | {"more": 1})
    optimizer.register_state_dict_post_hook(lambda o, state: log.append(state["more"]))
    state = optimizer.state_dict()
    assert state["more"] == 1
    optimizer.register_load_state_dict_pre_hook(lambda o, state: state | {"state": {0: {"x": 1}}})
    optimizer.register_load_state_dict_post_hook(lambda o: log.append(o.state[w]))
    optimizer.load_state_dict(state)
    assert log == ["save", 1, {"x": 1}]
    assert state["state"] == {}


def test_copies_and_pickles_have_no_hooks():
    w = leaf([1.0])
    optimizer, log = HeavyBall([w]), []
    optimizer.register_step_pre_hook(lambda *_: log.append(1))
    train(optimizer, [w])
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        [p] = other.param_groups[0]["params"]
        train(other, [p])
        assert other.state[p]["step"] == 2
    assert optimizer.state[w]["step"] == 1
    assert log == [1]
