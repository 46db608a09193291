"""PyTorch's functions, methods and methods in place give what PyTorch gives, gradients included.

`torch_values.json` is what PyTorch gave: UPDATE_TORCH=1 .venv-peers/bin/python -m pytest -m peers this file.
"""

from __future__ import annotations

import importlib
import json
import os
import warnings

import numpy as np
import pytest

import wengert as wg
from tests.public import torch_calls

GROUPS = torch_calls.stored()


def tensors() -> dict[str, wg.Tensor]:
    return {name: wg.tensor(value) for name, value in torch_calls.OPERANDS.items()}


@pytest.mark.parametrize("group", GROUPS, ids=[group["calls"][0] for group in GROUPS])
def test_values_and_gradients_are_those_of_pytorch(group):
    wanted = [torch_calls.unpacked(x) for x in group["values"]]
    kinds = [x["kind"] for x in group["values"]]
    gradients = {name: torch_calls.unpacked(x) for name, x in group["grads"].items()}
    for call in group["calls"]:
        values, grads = torch_calls.evaluated(call, wg, tensors())
        assert [x.dtype.kind for x in values] == kinds, call
        for ours, theirs in zip(values, wanted, strict=True):
            assert ours.shape == theirs.shape, call
            if ours.dtype.kind == "U":
                assert ours == theirs
            else:
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10, err_msg=call)
        for name, theirs in gradients.items():
            ours = grads.get(name, np.zeros(theirs.shape))
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9, err_msg=f"{call}: gradient of {name}")


@pytest.mark.peers
def test_the_store_is_what_pytorch_gives():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch_calls.store(importlib.import_module("torch")) if os.environ.get("UPDATE_TORCH") else None
        for group in torch_calls.stored():
            for call in group["calls"]:
                values, grads = torch_calls.answer(call, importlib.import_module("torch"))
                packs = {"values": values, "grads": list(grads.values())}
                assert len(packs["values"]) == len(group["values"]), json.dumps(call)
                for ours, theirs in zip(values, group["values"], strict=True):
                    if ours.dtype.kind != "U":
                        np.testing.assert_allclose(ours, torch_calls.unpacked(theirs), rtol=1e-6, err_msg=call)


@pytest.mark.peers
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 2e-3)], ids=["float64", "float32"])
@pytest.mark.parametrize("seed", range(3))
def test_other_operands_give_what_pytorch_gives(seed, dtype, tolerance):
    torch = importlib.import_module("torch")
    operands = torch_calls.nearby(seed, dtype)
    ours = {name: wg.tensor(value) for name, value in operands.items()}
    differing = []
    for call in [call for group in GROUPS for call in group["calls"]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = torch_calls.answer(call, torch, operands)
            except RuntimeError:
                assert dtype is np.float32  # a mixture of float widths that PyTorch refuses
                continue
        try:
            values, grads = torch_calls.evaluated(call, wg, ours)
            for x, y in zip(values, theirs[0], strict=True):
                if x.dtype.kind != "U":
                    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)
            for name, y in theirs[1].items():
                np.testing.assert_allclose(grads.get(name, 0 * y), y, rtol=tolerance, atol=tolerance)
        except Exception as error:  # all that differ are shown
            differing.append(f"{call}: {str(error).strip()[:200]}")
    assert not differing, "\n".join(differing)
