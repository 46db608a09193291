"""Layers against PyTorch: what they print, and the names of their arguments."""

from __future__ import annotations

import inspect

import pytest

import wengert as wg

pytestmark = pytest.mark.peers

LAYERS = """
Linear(2, 3, bias=False); Bilinear(2, 3, 4); Identity(3); Flatten(); Unflatten(1, (2, 3)); Conv1d(2, 4, 3)
Conv2d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False, padding_mode="circular"); Conv3d(2, 4, 3)
ConvTranspose2d(2, 4, 3, stride=2, output_padding=1); MaxPool2d(2, ceil_mode=True, return_indices=True)
AvgPool2d(2, count_include_pad=False); MaxUnpool2d(2); LPPool2d(2, 3); AdaptiveAvgPool2d((2, None))
FractionalMaxPool2d(2, output_size=3); BatchNorm2d(3, eps=1e-3, momentum=None, affine=False); InstanceNorm1d(3)
LayerNorm((3, 4), elementwise_affine=False); GroupNorm(1, 2); RMSNorm((3, 2), eps=1e-3); LocalResponseNorm(2)
Dropout(0.2, inplace=True); AlphaDropout(); LeakyReLU(0.1, True); PReLU(3); RReLU(0.1, 0.2, True); ELU(2.0, True)
SELU(True); CELU(0.5, True); GELU("tanh"); SiLU(True); Hardtanh(-2, 2, True); Hardsigmoid(True); Hardswish(True)
Hardshrink(); Softshrink(0.2); Softplus(2); Softmax(dim=1); Threshold(0.1, 20, True); GLU(1); LogSigmoid()
Embedding(3, 4, padding_idx=1, max_norm=1.0, scale_grad_by_freq=True, sparse=True)
EmbeddingBag(3, 4, mode="sum", max_norm=2.0); RNN(2, 3, 2, nonlinearity="relu", batch_first=True, bidirectional=True)
LSTM(2, 3, 2, dropout=0.1, bias=False, proj_size=2); GRUCell(2, 3, bias=False); CosineSimilarity(); PairwiseDistance()
TripletMarginWithDistanceLoss(); CrossEntropyLoss(); AdaptiveLogSoftmaxWithLoss(64, 8, [2, 4]); PixelShuffle(2)
Upsample(size=(2, 3), mode="bilinear"); Fold(2, 3); Unfold(3, 2); ConstantPad2d((1, 2, 3, 4), 2.0); ZeroPad1d(1)
LazyLinear(3); LazyConv2d(3, 3, groups=3); LazyBatchNorm1d(); LazyConvTranspose1d(3, 3); Sequential(); ModuleList()
Sequential(nn.ReLU(), nn.Sequential(nn.Linear(1, 2), nn.Tanh())); ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])
ModuleDict({"a": nn.ReLU()}); ParameterDict(); ParameterList([1, "a"]); Module()
Transformer(4, 2, 1, 1, 8, batch_first=True)
utils.parametrizations.weight_norm(nn.Linear(1, 2))
TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2)
"""


@pytest.mark.parametrize("layer", LAYERS.replace("\n", ";").strip(";").split(";"))
def test_layers_print_the_same(layer):
    torch = pytest.importorskip("torch")
    theirs = repr(eval(f"nn.{layer.strip()}", {"nn": torch.nn}))
    assert repr(eval(f"nn.{layer.strip()}", {"nn": wg.nn})) == theirs.replace(
        "NonDynamicallyQuantizableLinear", "Linear"
    )


def test_losses_and_lazy_layers_have_the_same_arguments():
    torch = pytest.importorskip("torch")
    for name in [n for n in dir(torch.nn) if n.endswith("Loss") or n.startswith("Lazy")]:
        if hasattr(wg.nn, name):
            ours, theirs = (
                [p for p in inspect.signature(getattr(nn, name)).parameters if p not in ("device", "dtype")]
                for nn in (wg.nn, torch.nn)
            )
            # bias of normalisations is PyTorch's newest
            assert ours == [p for p in theirs if p in ours or p != "bias"], name
