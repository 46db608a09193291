"""Every layer and loss: trains on the tape, under grad, vmap and jit; keeps float32; copies, saves, says what it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.nn.module import Module

rng = np.random.default_rng(0)


def R(*shape: int) -> Any:
    return rng.normal(size=shape)


CLASSES = np.array([0, 2, 1])
SIGNS = np.array([1, -1, 1])
SHARES = rng.uniform(0.1, 0.9, (3, 4))

# A layer, what it is called with, and what it writes of itself.
LAYERS: dict[str, tuple[Callable[[], Any], list[Any], str]] = {
    "ReLU": (nn.ReLU, [R(3, 4)], "ReLU()"),
    "ReLU6": (nn.ReLU6, [R(3, 4)], "ReLU6()"),
    "LeakyReLU": (nn.LeakyReLU, [R(3, 4)], "LeakyReLU(negative_slope=0.01)"),
    "PReLU": (lambda: nn.PReLU(4), [R(3, 4)], "PReLU(num_parameters=4)"),
    "RReLU": (lambda: nn.RReLU().eval(), [R(3, 4)], "RReLU(lower=0.125, upper=0.3333333333333333)"),
    "ELU": (nn.ELU, [R(3, 4)], "ELU(alpha=1.0)"),
    "CELU": (lambda: nn.CELU(2.0), [R(3, 4)], "CELU(alpha=2.0)"),
    "SELU": (nn.SELU, [R(3, 4)], "SELU()"),
    "GELU": (nn.GELU, [R(3, 4)], "GELU(approximate='none')"),
    "SiLU": (nn.SiLU, [R(3, 4)], "SiLU()"),
    "Mish": (nn.Mish, [R(3, 4)], "Mish()"),
    "Sigmoid": (nn.Sigmoid, [R(3, 4)], "Sigmoid()"),
    "LogSigmoid": (nn.LogSigmoid, [R(3, 4)], "LogSigmoid()"),
    "Tanh": (nn.Tanh, [R(3, 4)], "Tanh()"),
    "Tanhshrink": (nn.Tanhshrink, [R(3, 4)], "Tanhshrink()"),
    "Softplus": (nn.Softplus, [R(3, 4)], "Softplus(beta=1.0, threshold=20.0)"),
    "Softsign": (nn.Softsign, [R(3, 4)], "Softsign()"),
    "Hardtanh": (nn.Hardtanh, [R(3, 4)], "Hardtanh(min_val=-1.0, max_val=1.0)"),
    "Hardsigmoid": (nn.Hardsigmoid, [R(3, 4)], "Hardsigmoid()"),
    "Hardswish": (nn.Hardswish, [R(3, 4)], "Hardswish()"),
    "Hardshrink": (nn.Hardshrink, [R(3, 4)], "Hardshrink(0.5)"),
    "Softshrink": (nn.Softshrink, [R(3, 4)], "Softshrink(0.5)"),
    "Threshold": (lambda: nn.Threshold(0.1, 2.0), [R(3, 4)], "Threshold(threshold=0.1, value=2.0)"),
    "GLU": (nn.GLU, [R(3, 4)], "GLU(dim=-1)"),
    "Softmax": (lambda: nn.Softmax(1), [R(3, 4)], "Softmax(dim=1)"),
    "LogSoftmax": (lambda: nn.LogSoftmax(1), [R(3, 4)], "LogSoftmax(dim=1)"),
    "Softmin": (lambda: nn.Softmin(1), [R(3, 4)], "Softmin(dim=1)"),
    "Softmax2d": (nn.Softmax2d, [R(2, 3, 2, 2)], "Softmax2d()"),
    "Linear": (lambda: nn.Linear(4, 2), [R(3, 4)], "Linear(in_features=4, out_features=2, bias=True)"),
    "Bilinear": (
        lambda: nn.Bilinear(4, 3, 2),
        [R(3, 4), R(3, 3)],
        "Bilinear(in1_features=4, in2_features=3, out_features=2, bias=True)",
    ),
    "Embedding": (lambda: nn.Embedding(5, 2), [np.array([1, 4, 0])], "Embedding(5, 2)"),
    "EmbeddingBag": (
        lambda: nn.EmbeddingBag(5, 2, mode="sum"), [np.array([[1, 4, 0], [2, 2, 3]])], "EmbeddingBag(5, 2, mode='sum')",
    ),
    "AdaptiveLogSoftmaxWithLoss": (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], div_value=2.0), [R(3, 4), np.array([0, 3, 8])], "",
    ),
    "Conv1d": (lambda: nn.Conv1d(2, 4, 3), [R(2, 2, 6)], "Conv1d(2, 4, kernel_size=(3,), stride=(1,))"),
    "Conv2d": (
        lambda: nn.Conv2d(2, 4, 3, 2, 1, padding_mode="reflect"),
        [R(2, 2, 5, 5)],
        "Conv2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), padding_mode=reflect)",
    ),
    "Conv3d": (
        lambda: nn.Conv3d(2, 2, 2, groups=2, bias=False),
        [R(2, 2, 3, 3, 3)],
        "Conv3d(2, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1), groups=2, bias=False)",
    ),
    "ConvTranspose1d": (
        lambda: nn.ConvTranspose1d(2, 4, 3, 2, 1, 1),
        [R(2, 2, 4)],
        "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), output_padding=(1,))",
    ),
    "ConvTranspose2d": (
        lambda: nn.ConvTranspose2d(2, 4, 2),
        [R(2, 2, 3, 3)],
        "ConvTranspose2d(2, 4, kernel_size=(2, 2), stride=(1, 1))",
    ),
    "ConvTranspose3d": (
        lambda: nn.ConvTranspose3d(1, 2, 2),
        [R(2, 1, 2, 2, 2)],
        "ConvTranspose3d(1, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
    ),
    "Unfold": (lambda: nn.Unfold(2), [R(1, 2, 3, 3)], "Unfold(kernel_size=2, dilation=1, padding=0, stride=1)"),
    "Fold": (
        lambda: nn.Fold((3, 3), 2),
        [R(1, 8, 4)],
        "Fold(output_size=(3, 3), kernel_size=2, dilation=1, padding=0, stride=1)",
    ),
    "MaxPool2d": (
        lambda: nn.MaxPool2d(2),
        [R(2, 2, 4, 4)],
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
    ),
    "MaxUnpool1d": (
        lambda: nn.MaxUnpool1d(2),
        [R(1, 2, 2), np.array([[[1, 2], [0, 3]]])],
        "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))",
    ),
    "AvgPool1d": (lambda: nn.AvgPool1d(2), [R(2, 2, 4)], "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
    "AvgPool3d": (lambda: nn.AvgPool3d(2), [R(1, 2, 2, 2, 2)], "AvgPool3d(kernel_size=2, stride=2, padding=0)"),
    "FractionalMaxPool2d": (
        lambda: nn.FractionalMaxPool2d(2, 2, _random_samples=np.full((2, 2, 2), 0.4)),
        [R(2, 2, 5, 4)],
        "FractionalMaxPool2d()",
    ),
    "LPPool1d": (
        lambda: nn.LPPool1d(2, 2),
        [R(2, 2, 4)],
        "LPPool1d(norm_type=2, kernel_size=2, stride=None, ceil_mode=False)",
    ),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(2), [R(2, 2, 5, 4)], "AdaptiveAvgPool2d(output_size=2)"),
    "AdaptiveMaxPool1d": (lambda: nn.AdaptiveMaxPool1d(2), [R(2, 2, 5)], "AdaptiveMaxPool1d(output_size=2)"),
    "BatchNorm1d": (
        lambda: nn.BatchNorm1d(4).eval(),
        [R(3, 4)],
        "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
    ),
    "BatchNorm2d": (
        lambda: nn.BatchNorm2d(2, track_running_stats=False),
        [R(3, 2, 2, 2)],
        "BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)",
    ),
    "InstanceNorm1d": (
        lambda: nn.InstanceNorm1d(2, affine=True),
        [R(3, 2, 4)],
        "InstanceNorm1d(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)",
    ),
    "LayerNorm": (
        lambda: nn.LayerNorm(4), [R(3, 4)], "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)"
    ),
    "RMSNorm": (lambda: nn.RMSNorm(4), [R(3, 4)], "RMSNorm((4,), eps=None, elementwise_affine=True)"),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [R(3, 4, 2)], "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)"),
    "LocalResponseNorm": (
        lambda: nn.LocalResponseNorm(3), [R(2, 4, 3)], "LocalResponseNorm(3, alpha=0.0001, beta=0.75, k=1.0)"
    ),
    "Dropout": (lambda: nn.Dropout(0.0), [R(3, 4)], "Dropout(p=0.0, inplace=False)"),
    "AlphaDropout": (lambda: nn.AlphaDropout(0.0), [R(3, 4)], "AlphaDropout(p=0.0, inplace=False)"),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), [R(2, 4, 2, 2)], "PixelShuffle(upscale_factor=2)"),
    "ReflectionPad1d": (lambda: nn.ReflectionPad1d(1), [R(2, 2, 3)], "ReflectionPad1d((1, 1))"),
    "CircularPad2d": (lambda: nn.CircularPad2d(1), [R(2, 2, 3, 3)], "CircularPad2d((1, 1, 1, 1))"),
    "ConstantPad1d": (lambda: nn.ConstantPad1d(1, 2.0), [R(2, 3)], "ConstantPad1d(padding=(1, 1), value=2.0)"),
    "Upsample": (
        lambda: nn.Upsample(scale_factor=2, mode="bilinear"), [R(1, 2, 3, 3)],
        "Upsample(scale_factor=2.0, mode='bilinear')",
    ),
    "RNN": (lambda: nn.RNN(4, 3, 2, "relu"), [R(5, 2, 4)], "RNN(4, 3, num_layers=2)"),
    "LSTM": (
        lambda: nn.LSTM(4, 3, batch_first=True, bidirectional=True, proj_size=2), [R(2, 5, 4)],
        "LSTM(4, 3, proj_size=2, batch_first=True, bidirectional=True)",
    ),
    "GRU": (lambda: nn.GRU(4, 3, bias=False), [R(5, 2, 4)], "GRU(4, 3, bias=False)"),
    "RNNCell": (lambda: nn.RNNCell(4, 3, nonlinearity="relu"), [R(2, 4)], "RNNCell(4, 3, nonlinearity=relu)"),
    "LSTMCell": (lambda: nn.LSTMCell(4, 3), [R(2, 4)], "LSTMCell(4, 3)"),
    "GRUCell": (lambda: nn.GRUCell(4, 3, bias=False), [R(4)], "GRUCell(4, 3, bias=False)"),
    "MultiheadAttention": (
        lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True, kdim=3, vdim=2), [R(3, 2, 4), R(5, 2, 3), R(5, 2, 2)],
        "MultiheadAttention(\n  (out_proj): Linear(in_features=4, out_features=4, bias=True)\n)",
    ),
    "PositionalEncoding": (
        lambda: nn.PositionalEncoding(4, 0.0, 9).eval(), [R(3, 2, 4)],
        "PositionalEncoding(4, dropout=0.0, max_len=9, batch_first=False)",
    ),
    "LearnedPositionalEncoding": (
        lambda: nn.LearnedPositionalEncoding(4, 0.0, 9), [R(3, 2, 4)],
        "LearnedPositionalEncoding(4, dropout=0.0, max_len=9, batch_first=False)",
    ),
    "Transformer": (
        lambda: nn.Transformer(4, 2, 1, 1, 6, 0.0, "gelu", norm_first=True), [R(3, 2, 4), R(5, 2, 4)], "",
    ),
    "MSELoss": (nn.MSELoss, [R(3, 4), R(3, 4)], "MSELoss()"),
    "L1Loss": (nn.L1Loss, [R(3, 4), R(3, 4)], "L1Loss()"),
    "SmoothL1Loss": (nn.SmoothL1Loss, [R(3, 4), R(3, 4)], "SmoothL1Loss()"),
    "HuberLoss": (nn.HuberLoss, [R(3, 4), R(3, 4)], "HuberLoss()"),
    "CrossEntropyLoss": (
        lambda: nn.CrossEntropyLoss(np.array([1.0, 2.0, 0.5, 1.0]), label_smoothing=0.1), [R(3, 4), CLASSES],
        "CrossEntropyLoss()",
    ),
    "NLLLoss": (nn.NLLLoss, [R(3, 4), CLASSES], "NLLLoss()"),
    "BCELoss": (nn.BCELoss, [SHARES, SHARES[::-1]], "BCELoss()"),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, [R(3, 4), SHARES], "BCEWithLogitsLoss()"),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss, [R(3), SIGNS], "HingeEmbeddingLoss()"),
    "MultiMarginLoss": (nn.MultiMarginLoss, [R(3, 4), CLASSES], "MultiMarginLoss()"),
    "MultiLabelMarginLoss": (
        nn.MultiLabelMarginLoss, [R(2, 4), np.array([[0, 2, -1, 1], [3, -1, 0, 0]])], "MultiLabelMarginLoss()"
    ),
    "SoftMarginLoss": (nn.SoftMarginLoss, [R(3), SIGNS], "SoftMarginLoss()"),
    "MultiLabelSoftMarginLoss": (nn.MultiLabelSoftMarginLoss, [R(3, 4), SHARES], "MultiLabelSoftMarginLoss()"),
    "KLDivLoss": (lambda: nn.KLDivLoss(reduction="batchmean"), [R(3, 4), SHARES], "KLDivLoss()"),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss, [R(3, 4), R(3, 4), SIGNS], "CosineEmbeddingLoss()"),
    "MarginRankingLoss": (nn.MarginRankingLoss, [R(3), R(3), SIGNS], "MarginRankingLoss()"),
    "TripletMarginLoss": (
        lambda: nn.TripletMarginLoss(9.0, swap=True), [R(3, 4), R(3, 4), R(3, 4)], "TripletMarginLoss()"
    ),
    "GaussianNLLLoss": (nn.GaussianNLLLoss, [R(3, 4), R(3, 4), SHARES], "GaussianNLLLoss()"),
    "PoissonNLLLoss": (lambda: nn.PoissonNLLLoss(full=True), [R(3, 4), 4 * SHARES], "PoissonNLLLoss()"),
    "CTCLoss": (
        nn.CTCLoss, [np.log(rng.dirichlet(np.ones(4), (6, 2))), np.array([[1, 1], [2, 3]]), np.array([6, 5]),
                     np.array([2, 1])], "CTCLoss()",
    ),
    "PairwiseDistance": (nn.PairwiseDistance, [R(3, 4), R(3, 4)], "PairwiseDistance()"),
    "CosineSimilarity": (nn.CosineSimilarity, [R(3, 4), R(3, 4)], "CosineSimilarity()"),
}  # fmt: skip


def total(out: Any) -> Any:
    """One number of all floating results."""
    found = [x for x in wg.tree.leaves(out) if x is not None]
    return sum(np.sum(np.sin(x)) for x in found)


def plain(x: Any) -> Any:
    return x.detach().numpy() if hasattr(x, "detach") else np.asarray(x)


def close(found: Any, wanted: Any, rtol: float = 1e-9) -> None:
    for a, b in zip(wg.tree.leaves(found), wg.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(plain(a), plain(b), rtol=rtol, atol=1e-11)


def made(name: str) -> tuple[Any, list[Any]]:
    wg.manual_seed(0)
    make, args, _ = LAYERS[name]
    return make(), args


def varied(args: list[Any]) -> tuple[list[int], list[Any]]:
    """The places of the floating arguments, and these."""
    places = [n for n, x in enumerate(args) if x.dtype.kind == "f"]
    return places, [args[n] for n in places]


def filled(args: list[Any], places: list[int], values: Any) -> list[Any]:
    full = list(args)
    for n, x in zip(places, values, strict=True):
        full[n] = x
    return full


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_the_same_in_every_style_and_those_of_differences(name: str) -> None:
    layer, args = made(name)
    places, values = varied(args)

    def f(model: Any, values: Any) -> Any:
        return total(model(*filled(args, places, values)))

    tensors = [wg.tensor(x, requires_grad=True) for x in values]
    f(layer, tensors).backward()
    of_model, of_values = wg.grad(f, argnums=(0, 1))(layer, values)
    for p, g in zip(layer.parameters(), of_model.parameters(), strict=True):
        close(g, p.grad)
    for t, g in zip(tensors, of_values, strict=True):
        close(g, t.grad)
    compiled = wg.jit(wg.grad(f, argnums=(0, 1)))(layer, values)
    close(list(compiled[0].parameters()), list(of_model.parameters()), 1e-7)
    close(compiled[1], of_values, 1e-7)
    # Along one direction of everything, by a central difference.
    start = [plain(x) for x in (*layer.parameters(), *values)]
    way = [np.random.default_rng(1).normal(size=x.shape) for x in start]
    gradient = [plain(g) for g in (*of_model.parameters(), *of_values)]
    count = len(list(layer.parameters()))

    def at(h: float) -> float:
        moved = [x + h * d for x, d in zip(start, way, strict=True)]
        names = [n for n, _ in layer.named_parameters()]
        with wg.no_grad():
            out = nn.functional_call(
                layer, dict(zip(names, moved, strict=False)), tuple(filled(args, places, moved[count:]))
            )
            return float(plain(total(out)))

    slope = (at(1e-6) - at(-1e-6)) / 2e-6
    np.testing.assert_allclose(
        sum(np.sum(g * d) for g, d in zip(gradient, way, strict=True)), slope, rtol=2e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", LAYERS)
def test_vmap_is_the_loop_and_jit_the_call(name: str) -> None:
    layer, args = made(name)
    places, values = varied(args)
    call = lambda *values: layer(*filled(args, places, values))
    with wg.no_grad():
        wanted = call(*values)
        close(wg.jit(call)(*values), wanted, 1e-7)
        if not values:
            return
        two = [np.stack([x, x[::-1]]) for x in values]
        found = wg.vmap(call)(*two)
        other = call(*[x[::-1] for x in values])
        for a, b, c in zip(*map(wg.tree.leaves, (found, wanted, other)), strict=True):
            close(a[0], b)
            close(a[1], c)


@pytest.mark.parametrize("name", LAYERS)
def test_single_precision_stays(name: str) -> None:
    layer, args = made(name)
    layer.float()
    places, values = varied(args)
    tensors = [wg.tensor(x.astype(np.float32), requires_grad=True) for x in values]
    out = layer(*filled(args, places, tensors))
    assert all(x.dtype == np.float32 for x in wg.tree.leaves(out) if x.dtype.kind == "f")
    total(out).backward()
    assert all(x.grad.dtype == np.float32 for x in (*layer.parameters(), *tensors) if x.grad is not None)


@pytest.mark.parametrize("name", LAYERS)
def test_copies_saves_and_says_what_it_is(name: str) -> None:
    layer, args = made(name)
    with wg.no_grad():
        wanted = layer(*args)
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert type(other) is type(layer)
            close(other(*args), wanted)
            for p in other.parameters():
                p.fill_(0.0)
            close(layer(*args), wanted)
            other.load_state_dict(layer.state_dict())
            close(other(*args), wanted)
    if LAYERS[name][2]:
        assert repr(layer) == LAYERS[name][2]


def test_all_layers_are_here() -> None:
    """But for containers, and layers that share a class with one of another dimension, or become such."""
    family = {name.rstrip("123d") for name in LAYERS}
    missing = [
        name
        for name in nn.__all__
        if isinstance(getattr(nn, name), type)
        and issubclass(getattr(nn, name), Module)
        and getattr(nn, name).__name__.removeprefix("Lazy").rstrip("123d") not in family
    ]
    assert sorted(missing) == sorted(
        "ChannelShuffle FeatureAlphaDropout Flatten Identity Module ModuleDict ModuleList ParameterDict ParameterList "
        "PixelUnshuffle ReplicationPad1d ReplicationPad2d ReplicationPad3d Sequential TransformerDecoder "
        "TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginWithDistanceLoss Unflatten "
        "UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d ZeroPad2d ZeroPad3d".split()
    )
