"""Containers as lists and dicts, and what can be registered under which names."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument


def children(module: Any) -> list[str]:
    return [name for name, _ in module.named_children()]


def kinds(items: Any) -> list[str]:
    return [type(x).__name__ for x in items]


def test_rows_keep_names_until_they_are_renumbered() -> None:
    row = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    row[1] = nn.SiLU()
    assert children(row) == ["a", "b"] and isinstance(row.b, nn.SiLU) and children(row[1:]) == ["b"]
    row.append(nn.Tanh())
    assert children(row) == ["a", "b", "2"]
    del row[0]
    assert children(row) == ["0", "1"] and kinds(row) == ["SiLU", "Tanh"]
    assert kinds(row.insert(1, nn.ReLU())) == ["SiLU", "ReLU", "Tanh"]
    assert isinstance(row.pop(0), nn.SiLU) and kinds(row.extend(row)) == ["ReLU", "Tanh"] * 2
    for index in (5, -5):
        with pytest.raises(IndexError):
            row.insert(index, nn.ReLU())


def test_rows_add_and_multiply() -> None:
    row = nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())
    row += nn.Sequential(nn.SiLU())
    assert kinds(row) == ["ReLU", "Tanh", "SiLU"]
    twice = 2 * nn.Sequential(nn.Linear(1, 1))
    assert len(twice) == 2 and len(list(twice.parameters())) == 2 and twice[0] is twice[1]
    twice *= 2
    assert len(twice) == 4
    for wrong in (lambda: row * 0, lambda: row + nn.ModuleList([nn.ReLU()])):
        with pytest.raises(InvalidArgument):
            wrong()
    with pytest.raises(TypeError):
        row * "a"


def test_lists_of_modules() -> None:
    layers = nn.ModuleList([nn.ReLU()])
    layers += [nn.Tanh(), nn.Tanh()]
    more = layers + nn.ModuleList([nn.SiLU()])
    assert kinds(more) == ["ReLU", "Tanh", "Tanh", "SiLU"] and len(layers) == 3 and isinstance(more[1:], nn.ModuleList)
    assert (
        repr(layers) == "ModuleList(\n  (0): ReLU()\n  (1-2): 2 x Tanh()\n)" and repr(nn.ModuleList()) == "ModuleList()"
    )
    assert len(nn.ModuleList([None, nn.ReLU()])) == 2
    for wrong in (lambda: layers.extend(3), lambda: layers.append(3), lambda: nn.Sequential(3)):
        with pytest.raises(TypeError):
            wrong()


def test_dicts_of_modules() -> None:
    layers = nn.ModuleDict([["x", nn.ReLU()], ("y", nn.Tanh())])
    layers.update(nn.ModuleDict({"z": nn.SiLU()}))
    assert list(layers) == ["x", "y", "z"]
    for wrong in (lambda: layers["q"], lambda: layers.pop("q"), lambda: layers.__delitem__("q"),
                  lambda: layers.__setitem__("keys", nn.ReLU())):  # fmt: skip
        with pytest.raises(KeyError):
            wrong()
    for wrong in (lambda: layers.update(3), lambda: layers.__setitem__("k", 3)):
        with pytest.raises(TypeError):
            wrong()
    layers.clear()
    assert len(layers) == 0 and not children(layers)


def test_lists_of_parameters_keep_other_things_too() -> None:
    items = nn.ParameterList([wg.ones(1), nn.Parameter(np.ones(2)), 3])
    items += [wg.ones(3)]
    items[0] = wg.zeros(2)
    assert len(items) == 4 and items[2] == 3 and isinstance(items[1:3], nn.ParameterList)
    assert list(items.state_dict()) == ["0", "1", "3"] and items[0].requires_grad
    assert repr(items).split("\n")[3] == "    (2): Object of type: int"


def test_dicts_of_parameters_have_the_methods_of_dicts() -> None:
    items = nn.ParameterDict({"a": wg.ones(1)})
    items["b"] = 4
    assert items.get("z") is None and items.setdefault("c", 5) == 5 and items.popitem() == ("c", 5)
    assert list(reversed(items)) == ["b", "a"] and list(items | {"k": 1}) == ["a", "b", "k"]
    assert list({"k": 1} | items) == ["k", "a", "b"] and items.copy()["a"] is items["a"]
    assert items.fromkeys(["u", "v"], 2).items() == [("u", 2), ("v", 2)] and items.pop("b") == 4
    items |= {"n": wg.ones(2)}
    assert list(items.state_dict()) == ["a", "n"]
    assert wg.grad(lambda p: (p["a"] * 3).sum())(items)["a"].item() == 3.0


TAKEN = {"register_parameter": "inner", "register_buffer": "forward", "add_module": "mean"}
PARTS = {"register_parameter": nn.Parameter(np.ones(1)), "register_buffer": np.ones(1), "add_module": nn.Tanh()}


@pytest.mark.parametrize("method", TAKEN)
def test_names_that_nothing_can_have(method: str) -> None:
    model = nn.Module()
    model.inner, model.mean = nn.Tanh(), nn.Buffer(np.zeros(1))
    register = getattr(model, method)
    for name in ("a.b", "", TAKEN[method]):
        with pytest.raises(KeyError, match="Choose a"):
            register(name, PARTS[method])
    with pytest.raises(TypeError, match="Names are text"):
        register(3, PARTS[method])


def test_kinds_that_parts_cannot_have() -> None:
    model = nn.Module()
    model.inner, model.mean = nn.Tanh(), nn.Buffer(np.zeros(1))
    for wrong in (
        lambda: model.register_parameter("p", np.ones(1)),
        lambda: model.add_module("p", 3),
        lambda: setattr(model, "inner", 3),
        lambda: setattr(model, "mean", 3),
        lambda: model.to(np.int64),
    ):
        with pytest.raises(TypeError):
            wrong()
    for missing in (
        lambda: model.get_submodule("x.y"),
        lambda: model.get_parameter("inner"),
        lambda: model.get_buffer("z"),
    ):
        with pytest.raises(AttributeError):
            missing()
    for wrong in (
        lambda: model.train("yes"),
        lambda: model.bfloat16(),
        lambda: model.cuda(),
        lambda: model.share_memory(),
    ):
        with pytest.raises(InvalidArgument):
            wrong()


def test_a_buffer_becomes_a_parameter() -> None:
    model = nn.Module()
    model.register_buffer("x", np.ones(1), persistent=False)
    model.x = nn.Buffer(np.zeros(2))
    assert list(model.state_dict()) == ["x"]
    model.x = nn.Parameter(np.ones(2))
    assert [n for n, _ in model.named_parameters()] == ["x"] and not list(model.buffers())
    model.x = None
    assert not model.state_dict()
    model.register_module("absent", None)
    assert repr(model) == "Module(\n  (absent): None\n)" and "absent" in dir(model) and not children(model)
    assert not [name for name in dir(nn.Sequential(nn.Tanh())) if name.isdigit()]


def test_parts_that_come_before_init() -> None:
    class Early(nn.Module):
        def __init__(self, what: Any) -> None:
            self.plain = 3
            what(self)
            super().__init__()

    assert Early(lambda m: None).plain == 3
    for what in (lambda m: setattr(m, "p", nn.Parameter(np.ones(1))), lambda m: m.register_buffer("p", np.ones(1))):
        with pytest.raises(AttributeError, match=r"before Module\.__init__ ran"):
            Early(what)


def test_other_dtypes_and_memory() -> None:
    model = nn.BatchNorm1d(2)
    model.register_parameter("spin", nn.Parameter(np.ones(1) * 1j))
    weight = model.weight
    model(np.ones((3, 2))).sum().backward()
    model.float()
    assert model.weight is weight and weight.grad.dtype == np.float32 and weight.requires_grad
    assert model.spin.dtype == np.complex128 and model.num_batches_tracked.dtype == np.int64
    assert model.to(wg.ones(1), non_blocking=True).weight.dtype == np.float64
    assert model.to(device="cpu", dtype=np.float32).weight.dtype == np.float32
    assert model._apply(lambda x: x * 0 + 2).bias.tolist() == [2.0, 2.0]
    assert model.to_empty(device="cpu").weight.shape == (2,) and model.weight is weight


@pytest.mark.parametrize(
    ("old", "meant"),
    [({"size_average": False}, "sum"), ({"reduce": False}, "none"), ({"size_average": True, "reduce": True}, "mean")],
)
def test_older_arguments_of_losses(old: dict[str, bool], meant: str) -> None:
    for loss in (nn.MSELoss, nn.CrossEntropyLoss, nn.TripletMarginLoss, nn.PoissonNLLLoss):
        with pytest.deprecated_call():
            assert loss(**old).reduction == meant
    assert nn.CrossEntropyLoss(None, None, 3).ignore_index == 3
    with pytest.raises(TypeError, match="Write reduction='sum'"):
        nn.MSELoss("sum")


def test_tables_that_are_given() -> None:
    table = np.arange(6.0).reshape(3, 2)
    layer = nn.Embedding(3, 2, _weight=table, _freeze=True, sparse=True)
    assert layer(np.array([2])).tolist() == [[4.0, 5.0]] and not layer.weight.requires_grad
    assert repr(layer) == "Embedding(3, 2, sparse=True)"
    assert nn.EmbeddingBag(3, 2, _weight=table).weight.requires_grad
    with pytest.raises(ValueError, match="from_pretrained"):
        nn.Embedding(2, 2, _weight=table)


def test_lazy_layers_know_their_arguments() -> None:
    with pytest.raises(TypeError, match="out_features"):
        nn.LazyLinear()
    assert repr(nn.LazyConv2d(4, 3, groups=2)) == "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), groups=2)"
