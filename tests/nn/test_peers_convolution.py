"""Convolution, pooling and resizing against PyTorch: values and gradients of every option."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import wengert as wg
from wengert.nn import functional as F

pytestmark = pytest.mark.peers

rng = np.random.default_rng(2)
LENGTHS = {1: (9,), 2: (7, 8), 3: (4, 5, 4)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 1)}


def draw(*shape):
    """Numbers no two of which are equal, so that maxima are no ties."""
    return rng.permutation(int(np.prod(shape))).reshape(shape) / 7 - 3 + 0.1 * rng.uniform(size=shape)


def convolutions():
    for d, groups in itertools.product((1, 2, 3), (1, 2, 4)):
        x, w, b = draw(2, 4, *LENGTHS[d]), draw(8, 4 // groups, *KERNELS[d]), draw(8)
        for stride, padding, dilation in [
            (1, 0, 1), (2, 1, 1), (1, "same", 1), (1, "valid", 2 if d < 3 else 1), (tuple(range(1, d + 1)), 2, 1),
            (3, tuple(range(d)), tuple(range(1, d + 1)) if d < 3 else 1), (1, "same", 2),
        ]:  # fmt: skip
            options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
            yield f"conv{d}d", (x, w, b), options
        yield f"conv{d}d", (x[0], w), {"groups": groups}
        y, v = draw(2, 4, *LENGTHS[d][:d]), draw(4, 8 // groups, *KERNELS[d])
        for stride, padding, more, dilation in [(1, 0, 0, 1), (2, 1, 1, 1), (3, 0, 2, 2), (2, 0, 1, 2)]:
            options = {"stride": stride, "padding": padding, "output_padding": more, "dilation": dilation}
            yield f"conv_transpose{d}d", (y, v, b), options | {"groups": groups}
        yield f"conv_transpose{d}d", (y[0], v), {"groups": groups}
    for options in [{}, {"dilation": 2}, {"padding": (1, 2)}, {"stride": (2, 3), "padding": 1}]:
        yield "unfold", (draw(2, 3, 7, 8), (2, 3)), options
        count = F.unfold(np.zeros((1, 1, 7, 8)), (2, 3), **options).shape[-1]
        yield "fold", (draw(2, 12, count), (7, 8), (2, 3)), options


def poolings():
    for d in (1, 2, 3):
        x = draw(2, 3, *LENGTHS[d])
        for kernel, options in itertools.product(
            (2, KERNELS[d]), [{}, {"stride": 2, "padding": 1}, {"ceil_mode": True}, {"stride": 3, "ceil_mode": True}]
        ):
            if kernel != KERNELS[3] or "padding" not in options:
                yield f"max_pool{d}d", (x, kernel), options
                yield f"avg_pool{d}d", (x, kernel), options
                yield f"avg_pool{d}d", (x, kernel), options | {"count_include_pad": False}
                if d > 1:
                    yield f"avg_pool{d}d", (x, kernel), options | {"divisor_override": 3}
            if "padding" not in options:
                for norm in (2, 3.0, float("inf")):
                    yield f"lp_pool{d}d", (np.abs(x) + 0.1, norm, kernel if d > 1 else 2), options
        yield f"max_pool{d}d", (x, 2), {"dilation": 2, "stride": 1}
        yield f"max_pool{d}d", (x[0], 2), {}
        yield f"avg_pool{d}d", (x[0], 2), {}
        for kind, size in itertools.product(("max", "avg"), (1, 2, 3, (None, 5, 2)[-d:])):
            yield f"adaptive_{kind}_pool{d}d", (x, size if d > 1 or size != (2,) else 2), {}
        yield f"adaptive_max_pool{d}d", (x[0], 3), {}


def resizings():
    modes = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}
    for d in (1, 2, 3):
        x = draw(2, 3, *LENGTHS[d])
        sizes = [{"size": n} for n in (1, 5, 11, LENGTHS[d])]
        factors = [{"scale_factor": f} for f in (2, 0.6, 1.7)]
        factors += [f | {"recompute_scale_factor": True} for f in factors]
        for where in sizes + factors:
            for mode in ("nearest", "nearest-exact", "area"):
                yield "interpolate", (x,), where | {"mode": mode}
            for mode, align in itertools.product(modes[d], (None, False, True)):
                yield "interpolate", (x,), where | {"mode": mode, "align_corners": align}
            for mode, align in itertools.product(modes[d] if d == 2 else (), (False, True)):
                yield "interpolate", (x,), where | {"mode": mode, "antialias": True, "align_corners": align}
    x = draw(2, 8, 4, 6)
    yield "pixel_shuffle", (x, 2), {}
    yield "pixel_unshuffle", (x, 2), {}
    yield "channel_shuffle", (x, 4), {}
    for mode, pads in itertools.product(
        ("constant", "reflect", "replicate", "circular"), [(1, 2), (3, 1, 0, 2), (-1, 2, 1, -1)]
    ):
        yield "pad", (x if len(pads) > 2 else x[0], pads), {"mode": mode}
    yield "pad", (x, (1, 1, 2, 0)), {"value": 7.5}


def samplings():
    for d in (2, 3):
        x, grid = draw(2, 3, *LENGTHS[d]), rng.uniform(-1.4, 1.4, (2, *(4, 5, 3)[:d], d))
        for mode, padding, align in itertools.product(
            ("bilinear", "nearest", "bicubic")[: 3 if d == 2 else 2], ("zeros", "border", "reflection"), (False, True)
        ):
            yield "grid_sample", (x, grid), {"mode": mode, "padding_mode": padding, "align_corners": align}
        for align in (False, True):
            yield "affine_grid", (draw(2, d, d + 1), (2, 1, 4, 5, 3)[: d + 2]), {"align_corners": align}


CASES = [*convolutions(), *poolings(), *resizings(), *samplings()]


@pytest.mark.filterwarnings("ignore:Using padding:UserWarning")
@pytest.mark.parametrize(("name", "args", "options"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_values_and_gradients_are_those_of_pytorch(name, args, options):
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(a).requires_grad_() if isinstance(a, np.ndarray) else a for a in args]
    value = getattr(torch.nn.functional, name)(*theirs, **options)
    seed = np.cos(np.arange(value.numel())).reshape(tuple(value.shape))
    places = [n for n, a in enumerate(args) if isinstance(a, np.ndarray)]

    def f(*arrays):
        mine = list(args)
        for n, a in zip(places, arrays, strict=True):
            mine[n] = a
        return getattr(F, name)(*mine, **options)

    ours, pull = wg.vjp(f, *[args[n] for n in places])
    assert ours.shape == tuple(value.shape)
    np.testing.assert_allclose(ours, value.detach().numpy(), rtol=1e-9, atol=1e-10)
    if not value.requires_grad:
        return
    value.backward(torch.tensor(seed))
    for n, slope in zip(places, pull(seed), strict=True):
        np.testing.assert_allclose(slope, theirs[n].grad.numpy(), rtol=1e-8, atol=1e-9)


def test_indices_and_unpooling():
    torch = pytest.importorskip("torch")
    for d in (1, 2, 3):
        x = draw(2, 3, *LENGTHS[d])
        for name, arguments, options in [
            (f"max_pool{d}d", (2,), {"stride": 2, "padding": 1, "ceil_mode": True}),
            (f"max_pool{d}d", (2,), {"dilation": 2, "stride": 1}),
            (f"adaptive_max_pool{d}d", (3,), {}),
        ]:
            best, places = getattr(F, name)(x, *arguments, **options, return_indices=True)
            theirs = getattr(torch.nn.functional, name)(torch.tensor(x), *arguments, **options, return_indices=True)
            np.testing.assert_array_equal(best, theirs[0].numpy())
            np.testing.assert_array_equal(places, theirs[1].numpy())
        best, places = getattr(F, f"max_pool{d}d")(x, 2, return_indices=True)
        ours = getattr(F, f"max_unpool{d}d")(best, places, 2, output_size=x.shape)
        theirs = getattr(torch.nn.functional, f"max_unpool{d}d")(
            torch.tensor(best), torch.tensor(places), 2, output_size=x.shape
        )
        np.testing.assert_array_equal(ours, theirs.numpy())


def test_the_first_of_equal_entries_has_the_derivative():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).integers(0, 3, (2, 3, 8, 8)).astype(float)
    theirs = torch.tensor(x, requires_grad=True)
    torch.nn.functional.max_pool2d(theirs, 3, 2, 1).square().sum().backward()
    ours = wg.grad(lambda x: np.sum(F.max_pool2d(x, 3, 2, 1) ** 2))(x)
    np.testing.assert_array_equal(ours, theirs.grad.numpy())
