"""Hooks of calls: their order, what they may change, what they see of gradients, and copies that have them."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn

Pair = namedtuple("Pair", "double triple")


class Two(nn.Module):
    def forward(self, a: Any, b: Any, name: str) -> Any:
        return a * b, a + 1


def ones(n: int) -> Any:
    return wg.ones(n, requires_grad=True)


def plain(grads: Any) -> list[Any]:
    return [None if g is None else g.tolist() for g in grads]


def test_hooks_that_are_called_always() -> None:
    class Bad(nn.Module):
        def forward(self, x: Any) -> Any:
            raise LookupError("no")

    model, seen = Bad(), []
    model.register_forward_hook(lambda m, args, out: seen.append("plain"))
    model.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    model.register_forward_hook(lambda m, args, kwargs, out: seen.append(args), always_call=True, with_kwargs=True)
    with pytest.raises(LookupError):
        model(1.0)
    assert seen == [None, (1.0,)]
    model.register_forward_hook(lambda m, args, out: 1 / 0, always_call=True)
    with pytest.raises(LookupError), pytest.warns(UserWarning, match="division by zero"):
        model(1.0)


def test_a_hook_that_fails_is_not_called_twice() -> None:
    model, seen = nn.Tanh(), []

    def fail(*args: Any) -> None:
        seen.append("fails")
        raise LookupError("no")

    model.register_forward_hook(fail, always_call=True)
    model.register_forward_hook(lambda *args: seen.append("late"), always_call=True)
    with pytest.raises(LookupError):
        model(1.0)
    assert seen == ["fails", "late"]


def test_hooks_come_and_go_during_calls() -> None:
    model, seen, handles = nn.Tanh(), [], []

    def first(*args: Any) -> None:
        seen.append("first")
        handles[0].remove()

    model.register_forward_hook(first)
    handles.append(model.register_forward_hook(lambda *args: seen.append("second")))
    model(1.0)
    model(1.0)
    assert seen == ["first", "second", "first"]
    with model.register_forward_pre_hook(lambda m, args: seen.append("within") or (2.0,)):
        assert model(1.0) == np.tanh(2.0)
    assert model(1.0) == np.tanh(1.0)


def test_a_hook_before_with_keywords_returns_both_or_nothing() -> None:
    model = nn.Tanh()
    model.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match="both kinds of arguments"):
        model(1.0)


def test_backward_hooks_see_a_gradient_for_every_argument_and_output() -> None:
    model, seen, a, b = Two(), [], ones(2), wg.full((2,), 3.0)
    model.register_full_backward_pre_hook(lambda m, out: seen.append(plain(out)))
    model.register_full_backward_hook(lambda m, inner, out: seen.append((plain(inner), plain(out))))
    model(a, b, "s")[0].sum().backward()
    assert seen == [[[1.0, 1.0], None], ([[3.0, 3.0], None, None], [[1.0, 1.0], None])]
    assert a.grad.tolist() == [3.0, 3.0]


def test_backward_hooks_where_no_argument_requires_a_gradient() -> None:
    model, seen = nn.Linear(2, 1), []
    handle = model.register_full_backward_hook(lambda m, inner, out: seen.append((inner, plain(out))))
    model(np.ones(2)).sum().backward()
    assert seen == [((None,), [[1.0]])] and model.weight.grad is not None
    handle.remove()
    model.register_full_backward_hook(lambda m, inner, out: (np.ones(2),))
    with pytest.raises(RuntimeError, match="returned a gradient"):
        model(np.ones(2)).sum().backward()


def test_backward_hooks_return_as_many_gradients_as_there_were() -> None:
    model = nn.Linear(2, 1)
    model.register_full_backward_hook(lambda m, inner, out: (inner[0], inner[0]))
    with pytest.raises(RuntimeError, match="returned 2 gradients"):
        model(ones(2)).sum().backward()


def test_backward_hooks_and_named_outputs() -> None:
    class Named(nn.Module):
        def forward(self, x: Any) -> Any:
            return Pair(2 * x, 3 * x)

    model, seen, x = Named(), [], ones(1)
    model.register_full_backward_hook(lambda m, inner, out: seen.append((plain(inner), plain(out))))
    out = model(x)
    assert isinstance(out, Pair)
    out.triple.sum().backward()
    assert seen == [([[3.0]], [None, [1.0]])]


def test_outputs_in_a_dict_are_not_watched() -> None:
    class Keyed(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"out": 2 * x}

    model, seen, x = Keyed(), [], ones(1)
    model.register_full_backward_hook(lambda m, inner, out: seen.append(inner))
    model(x)["out"].sum().backward()
    assert not seen and x.grad.tolist() == [2.0]


def double(module: Any, args: Any, out: Any) -> Any:
    return 2 * out


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_have_the_hooks(copied: Any) -> None:
    model = nn.Tanh()
    handle = model.register_forward_hook(double)
    other = copied(model)
    assert other(1.0) == 2 * np.tanh(1.0)
    if copied is not copy.copy:  # which shares them, as it shares the parameters
        handle.remove()
        assert other(1.0) == 2 * np.tanh(1.0) and model(1.0) == np.tanh(1.0)
