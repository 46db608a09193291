"""Convolutions, poolings and a small network against PyTorch, eager and compiled.

Run by ``scripts/bench conv``. One thread, float32. Each row is a function forward, and forward and backward (to all its
operands, from a given cotangent); results are compared before times are taken. The network is a training step: two
convolutions with ReLU and max pooling, a linear layer, cross-entropy, backward, and the update of all parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import wengert as wg
from benchmarks._timing import interleaved, ratio
from wengert.nn import functional

LAYERS: list[tuple[str, str, Sequence[Sequence[int]], dict[str, Any]]] = [
    ("LeNet 5x5, 1 to 6, 28x28, batch 32", "conv2d", [(32, 1, 28, 28), (6, 1, 5, 5), (6,)], {"padding": 2}),
    ("LeNet 5x5, 6 to 16, 14x14, batch 32", "conv2d", [(32, 6, 14, 14), (16, 6, 5, 5), (16,)], {}),
    ("3x3, 16 to 32, 14x14, batch 32", "conv2d", [(32, 16, 14, 14), (32, 16, 3, 3)], {"padding": 1}),
    ("3x3, 64 to 64, 32x32, batch 8", "conv2d", [(8, 64, 32, 32), (64, 64, 3, 3)], {"padding": 1}),
    ("3x3, 64 to 64, stride 2", "conv2d", [(8, 64, 32, 32), (64, 64, 3, 3)], {"padding": 1, "stride": 2}),
    ("7x7, 3 to 32, stride 2, 64x64", "conv2d", [(8, 3, 64, 64), (32, 3, 7, 7)], {"padding": 3, "stride": 2}),
    ("1x1, 64 to 128, 32x32", "conv2d", [(8, 64, 32, 32), (128, 64, 1, 1)], {}),
    ("depthwise 3x3, 64, 32x32", "conv2d", [(8, 64, 32, 32), (64, 1, 3, 3)], {"padding": 1, "groups": 64}),
    ("one axis, 5, 32 to 64, 256", "conv1d", [(16, 32, 256), (64, 32, 5)], {"padding": 2}),
    ("three axes, 3x3x3, 8 to 16, 12", "conv3d", [(4, 8, 12, 12, 12), (16, 8, 3, 3, 3)], {"padding": 1}),
    ("transposed 4x4, 32 to 16, stride 2", "conv_transpose2d", [(8, 32, 16, 16), (32, 16, 4, 4)],
     {"padding": 1, "stride": 2}),
    ("max pool 2, 16 of 28x28, batch 32", "max_pool2d", [(32, 16, 28, 28)], {"kernel_size": 2}),
    ("max pool 3, stride 2, 64 of 32x32", "max_pool2d", [(8, 64, 32, 32)],
     {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("mean pool 2, 16 of 28x28, batch 32", "avg_pool2d", [(32, 16, 28, 28)], {"kernel_size": 2}),
    ("bilinear, 32x32 to 64x64", "interpolate", [(8, 16, 32, 32)],
     {"size": (64, 64), "mode": "bilinear", "align_corners": False}),
]  # fmt: skip


def agree(ours: Any, theirs: Any) -> None:
    """Raise unless results are equal up to rounding in single precision."""
    a, b = np.asarray(ours.detach() if isinstance(ours, wg.Tensor) else ours), theirs.detach().numpy()
    error = np.abs(a - b).max() / np.abs(b).max()
    if a.shape != b.shape or not error < 1e-4:
        raise AssertionError(f"shapes {a.shape} and {b.shape}, relative error {error}")


def line(name: str, makers: dict[str, Callable[[], object]]) -> list[float]:
    """Time contestants, and print the line of a table."""
    seconds = interleaved(makers, repeats=25)
    ratios = [ratio(seconds, way, "PyTorch") for way in ("eager", "jit")]
    micro = "".join(f"{1e6 * seconds[way]:>10.0f}" for way in ("PyTorch", "eager", "jit"))
    print(f"{name:<40}{micro}{ratios[0]:>9.2f}{ratios[1]:>7.2f}", flush=True)
    return ratios


def layer(name: str, function: str, shapes: Sequence[Sequence[int]], options: dict[str, Any]) -> list[list[float]]:
    """A layer forward, and forward and backward."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    mine, his = getattr(functional, function), getattr(torch.nn.functional, function)
    tensors = [torch.tensor(a) for a in arrays]
    compiled = wg.jit(lambda *xs: mine(*xs, **options))
    value = his(*tensors, **options)
    agree(mine(*arrays, **options), value)
    agree(compiled(*arrays), value)
    forward = line(name, {
        "PyTorch": lambda: his(*tensors, **options),
        "eager": lambda: mine(*arrays, **options),
        "jit": lambda: compiled(*arrays),
    })  # fmt: skip
    g = rng.normal(size=tuple(value.shape)).astype(np.float32)
    torch_g = torch.tensor(g)
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    ours = [wg.tensor(a, requires_grad=True) for a in arrays]
    pulled = wg.jit(lambda g, *xs: wg.vjp(lambda *ys: mine(*ys, **options), *xs)[1](g))
    slopes = torch.autograd.grad(his(*leaves, **options), leaves, torch_g)
    for a, b, c in zip(wg.autograd.grad(mine(*ours, **options), ours, g), pulled(g, *arrays), slopes, strict=True):
        agree(a, c)
        agree(b, c)
    backward = line("    and backward", {
        "PyTorch": lambda: torch.autograd.grad(his(*leaves, **options), leaves, torch_g),
        "eager": lambda: wg.autograd.grad(mine(*ours, **options), ours, g),
        "jit": lambda: pulled(g, *arrays),
    })  # fmt: skip
    return [forward, backward]


# --- a network --------------------------------------------------------------------------------------------------


def network(ops: Any, flat: Callable[[Any], Any], p: Sequence[Any], x: Any, target: Any) -> Any:
    """The loss of a small convolutional network."""
    h = ops.max_pool2d(ops.relu(ops.conv2d(x, p[0], p[1], padding=1)), 2)
    h = ops.max_pool2d(ops.relu(ops.conv2d(h, p[2], p[3], padding=1)), 2)
    return ops.cross_entropy(ops.linear(flat(h), p[4], p[5]), target)


def training(side: int, batch: int = 32, rate: float = 1e-3) -> list[float]:
    """A training step, including the update."""
    rng = np.random.default_rng(0)
    shapes = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (10, 2 * side**2), (10,)]
    start = [(0.1 * rng.normal(size=shape)).astype(np.float32) for shape in shapes]
    x, target = rng.normal(size=(batch, 1, side, side)).astype(np.float32), rng.integers(0, 10, batch)
    theirs, tx, tt = [torch.tensor(p, requires_grad=True) for p in start], torch.tensor(x), torch.tensor(target)
    ours, state = [wg.tensor(p, requires_grad=True) for p in start], [start]

    def flat(h: Any) -> Any:
        return h.reshape(batch, -1)

    def by_torch() -> Any:
        loss = network(torch.nn.functional, flat, theirs, tx, tt)
        loss.backward()
        with torch.no_grad():
            for p in theirs:
                p -= rate * p.grad
                p.grad = None
        return loss

    def eager() -> Any:
        loss = network(functional, flat, ours, x, target)
        loss.backward()
        with wg.no_grad():
            for p in ours:
                p -= rate * p.grad
                p.grad = None
        return loss

    @wg.jit
    def step(p: Any, x: Any, target: Any) -> Any:
        loss, slope = wg.value_and_grad(lambda p: network(functional, flat, p, x, target))(p)
        return loss, [a - rate * b for a, b in zip(p, slope, strict=True)]

    def compiled() -> Any:
        loss, state[0] = step(state[0], x, target)
        return loss

    for _ in range(3):
        loss = by_torch()
        agree(eager(), loss)
        agree(compiled(), loss)
    for a, b, c in zip(ours, state[0], theirs, strict=True):
        agree(a, c)
        agree(b, c)
    return line(f"training step, {side}x{side}, batch {batch}", {"PyTorch": by_torch, "eager": eager, "jit": compiled})


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("Microseconds, medians of 25 turns; ratios are to PyTorch's eager mode")
    print(f"{'':<40}{'PyTorch':>10}{'eager':>10}{'jit':>10}{'eager':>9}{'jit':>7}")
    found = [ratios for case in LAYERS for ratios in layer(*case)]
    middle = np.exp(np.mean(np.log(found), axis=0))
    print(f"{'geometric mean':<40}{'':>30}{middle[0]:>9.2f}{middle[1]:>7.2f}")
    for side in (8, 28):
        training(side)
