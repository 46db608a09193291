"""A layer and the batch normalisation behind it as one layer."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument
from wengert.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval

rng = np.random.default_rng(0)


def used(norm):
    """With statistics and parameters that are not the initial ones."""
    wg.manual_seed(0)
    for x in (norm.running_mean, norm.running_var, *norm.parameters()):
        nn.init.uniform_(x.detach(), 0.5, 2.0)
    return norm.eval()


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (lambda: nn.Conv2d(4, 6, 3, groups=2, bias=False), lambda: nn.BatchNorm2d(6), (2, 4, 5, 5)),
        (lambda: nn.Conv1d(4, 6, 3, padding=1), lambda: nn.BatchNorm1d(6, affine=False), (2, 4, 5)),
        (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), lambda: nn.BatchNorm2d(6), (2, 4, 5, 5)),
        (lambda: nn.ConvTranspose1d(4, 6, 3, bias=False), lambda: nn.BatchNorm1d(6, bias=False), (2, 4, 5)),
        (lambda: nn.Linear(4, 6), lambda: nn.BatchNorm1d(6), (5, 4)),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_layer_does_what_both_do(layer, norm, shape, dtype):
    layer, norm = layer().to(dtype).eval(), used(norm().to(dtype))
    x = rng.normal(size=shape).astype(dtype)
    if isinstance(layer, nn.Linear):
        fused = fuse_linear_bn_eval(layer, norm)
    else:
        fused = fuse_conv_bn_eval(layer, norm, transpose="Transpose" in type(layer).__name__)
    assert type(fused) is type(layer) and fused is not layer and fused(x).dtype == dtype
    expected = norm(layer(x))
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(fused(x).detach().numpy(), expected.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_layers_in_training_are_not_fused():
    for layer, norm in [
        (nn.Linear(2, 2), nn.BatchNorm1d(2).eval()),
        (nn.Linear(2, 2).eval(), nn.BatchNorm1d(2)),
        (nn.Linear(2, 2).eval(), nn.BatchNorm1d(2, track_running_stats=False).eval()),
    ]:
        with pytest.raises(InvalidArgument, match="eval"):
            fuse_linear_bn_eval(layer, norm)
