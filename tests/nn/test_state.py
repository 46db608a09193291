"""States of modules: extra ones, hooks around saving and loading, subclasses that have a part in it."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument


class Counting(nn.Module):
    """A module that keeps a number that is no tensor."""

    def __init__(self, count: int = 0) -> None:
        super().__init__()
        self.count, self.weight = count, nn.Parameter(np.ones(1))

    def get_extra_state(self) -> Any:
        return {"count": self.count}

    def set_extra_state(self, state: Any) -> None:
        self.count = state["count"]


def test_extra_states() -> None:
    state = nn.Sequential(Counting(3), Counting(4)).state_dict()
    assert list(state) == ["0.weight", "0._extra_state", "1.weight", "1._extra_state"]
    model = nn.Sequential(Counting(), Counting())
    model.load_state_dict(state)
    assert [part.count for part in model] == [3, 4]
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0._extra_state"'):
        model.load_state_dict(state)
    assert model.load_state_dict(state, strict=False).missing_keys == ["0._extra_state"]
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "_extra_state"'):
        nn.Linear(1, 1, bias=False).load_state_dict({"weight": np.ones((1, 1)), "_extra_state": 1})


def test_a_state_goes_into_a_dict_that_there_is() -> None:
    given: Any = OrderedDict(other=1)
    assert nn.Linear(1, 1).state_dict(destination=given, prefix="line.") is given
    assert list(given) == ["other", "line.weight", "line.bias"]


def test_hooks_around_saving() -> None:
    model, seen = nn.Sequential(nn.Linear(1, 1)), []
    model.register_state_dict_pre_hook(lambda m, prefix, keep_vars: seen.append((prefix, keep_vars)))
    handle = model[0].register_state_dict_post_hook(lambda m, state, prefix, _: state.pop(prefix + "bias") and None)
    assert list(model.state_dict(prefix="a.", keep_vars=True)) == ["a.0.weight"] and seen == [("a.", True)]
    model._register_state_dict_hook(lambda m, state, prefix, _: OrderedDict((k.upper(), x) for k, x in state.items()))
    assert list(model.state_dict()) == ["0.WEIGHT"]
    handle.remove()
    assert list(model.state_dict()) == ["0.WEIGHT", "0.BIAS"]
    model.register_state_dict_post_hook(lambda *args: "something")
    with pytest.raises(RuntimeError, match="returned something"):
        model.state_dict()


def test_hooks_before_loading_rename() -> None:
    old, model, seen = nn.Linear(1, 1).state_dict(), nn.Sequential(nn.Linear(1, 1)), []
    state = OrderedDict((f"0.old_{name}", x) for name, x in old.items())

    def rename(module: Any, state: Any, prefix: str, *rest: Any) -> None:
        assert module is model[0] and len(rest) == 5
        for name in ("weight", "bias"):
            state[prefix + name] = state.pop(f"{prefix}old_{name}")

    model[0].register_load_state_dict_pre_hook(rename)
    model._register_load_state_dict_pre_hook(lambda state, prefix, *rest: seen.append((prefix, len(rest))))
    assert model.load_state_dict(state) == ([], []) and seen == [("", 5)]
    assert model[0].weight.item() == old["weight"].item() and "0.old_weight" in state


def test_hooks_after_loading_may_forgive_and_else_nothing_is_loaded() -> None:
    model = nn.Linear(1, 1)
    model.register_load_state_dict_post_hook(
        lambda m, names: names.missing_keys.remove("bias") if "bias" in names.missing_keys else None
    )
    assert model.load_state_dict({"weight": [[7.0]]}) == ([], [])
    assert model.weight.item() == 7.0
    with pytest.raises(InvalidArgument, match=r'Unexpected.*"more"'):
        model.load_state_dict({"weight": [[8.0]], "bias": [1.0], "more": 2})
    assert model.weight.item() == 7.0
    model.register_load_state_dict_post_hook(lambda m, names: names)
    with pytest.raises(RuntimeError, match="returned something"):
        model.load_state_dict({"weight": [[8.0]], "bias": [1.0]})


class Renamed(nn.Linear):
    """A layer that is saved under another name than it has, and counts what it loads in tens."""

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "w"] = destination.pop(prefix + "weight")

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        state_dict[prefix + "weight"] = 10 * state_dict.pop(prefix + "w")
        super()._load_from_state_dict(state_dict, prefix, *rest)


def test_subclasses_have_a_part_in_it_and_still_all_or_nothing_is_loaded() -> None:
    model = nn.Sequential(Renamed(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    assert list(model.state_dict()) == ["0.w", "1.weight"]
    before = model[0].weight.item()
    with pytest.raises(RuntimeError, match=r"size mismatch for 1\.weight"):
        model.load_state_dict({"0.w": np.ones((1, 1)), "1.weight": np.ones((2, 1))})
    assert model[0].weight.item() == before
    model.load_state_dict({"0.w": np.ones((1, 1)), "1.weight": np.ones((1, 1))})
    assert model[0].weight.item() == 10.0 and model[0].weight.requires_grad


def test_a_subclass_that_has_metadata_of_its_own_loads_at_once() -> None:
    class Alone(nn.Linear):
        def _load_from_state_dict(self, state_dict: Any, prefix: str, metadata: Any, *rest: Any) -> None:
            super()._load_from_state_dict(state_dict, prefix, {}, *rest)
            assert self.weight.item() == 5.0

    Alone(1, 1, bias=False).load_state_dict({"weight": [[5.0]]})


def test_what_is_assigned_is_the_module_s_own() -> None:
    model = nn.BatchNorm1d(2)
    model.weight.requires_grad_(False)
    state = {name: x.clone() for name, x in nn.BatchNorm1d(2).float().state_dict().items()}
    old = model.weight
    model.load_state_dict(state, assign=True)
    assert model.weight is not old and model.weight.dtype == np.float32 and not model.weight.requires_grad
    assert isinstance(model.weight, nn.Parameter) and model.bias.requires_grad
    assert model.running_mean is state["running_mean"]
    assert [name for name, _ in model.named_parameters()] == ["weight", "bias"]


@pytest.mark.parametrize(("value", "what"), [(np.ones(3), "size mismatch"), ("text", "not numbers"), (1j, "complex")])
def test_values_that_cannot_be_loaded(value: Any, what: str) -> None:
    module = nn.Module()
    module.register_buffer("mean", np.zeros(()))
    with pytest.raises(RuntimeError, match=what):
        module.load_state_dict({"mean": value}, strict=False)


def test_a_state_of_its_own_class_is_told_its_version() -> None:
    class Versioned(OrderedDict):  # type: ignore[type-arg]
        """What PyTorch's state_dict returns."""

    module, seen = nn.Sequential(nn.Linear(1, 1)), []
    module[0].register_load_state_dict_pre_hook(lambda m, state, prefix, meta, *rest: seen.append(meta["version"]))
    state = Versioned(module.state_dict())
    state._metadata = {"0": {"version": 2}}  # type: ignore[attr-defined]
    module.load_state_dict(state)
    assert seen == [2]


def test_what_is_no_state() -> None:
    with pytest.raises(TypeError, match="Give what state_dict"):
        nn.Linear(1, 1).load_state_dict([])  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="got a value for 'nobody'"):
        wg.nn.functional_call(nn.Linear(1, 1), {"nobody": 1.0}, 1.0)


def test_parameters_say_what_they_are_and_copies_have_no_gradient() -> None:
    layer = nn.Linear(1, 1)
    layer(np.ones((1, 1))).backward()
    assert repr(layer.bias).startswith("Parameter containing:\ntensor([")
    assert repr(wg.ones(1, requires_grad=True)) == "tensor([1.], requires_grad=True)"
    other = layer.__class__(1, 1)
    other.load_state_dict(layer.state_dict())
    assert repr(other.bias) == repr(layer.bias)
    assert copy.deepcopy(layer).bias.grad is None and layer.bias.grad is not None
    assert nn.Parameter().shape == (0,) and isinstance(nn.Buffer(np.ones(1)), nn.Buffer)
