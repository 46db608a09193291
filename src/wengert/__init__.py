"""wengert differentiates ordinary NumPy code, in every way there is."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from wengert import (
    names as _names,
    ops as _ops,  # noqa: F401 (fills the table)
    pytorch as _pytorch,
)
from wengert.core import twins as _twins
from wengert.pytorch import methods as _methods  # noqa: F401 (attaches methods)

if TYPE_CHECKING:  # what mypy and editors are to know by its true type; everything else is Any
    from wengert.autograd import (
        Function as Function,
        enable_grad as enable_grad,
        inference_mode as inference_mode,
        no_grad as no_grad,
        set_grad_enabled as set_grad_enabled,
    )
    from wengert.compiler.api import jit as jit
    from wengert.compiler.cfunc import cfunc as cfunc
    from wengert.compiler.config import config as config
    from wengert.compiler.export import export as export
    from wengert.creation import (
        arange as arange,
        array as array,
        as_tensor as as_tensor,
        asarray as asarray,
        empty as empty,
        eye as eye,
        full as full,
        linspace as linspace,
        ones as ones,
        rand as rand,
        randn as randn,
        tensor as tensor,
        zeros as zeros,
    )
    from wengert.debug.policy import nondifferentiable as nondifferentiable
    from wengert.errors import (
        FreedGraph as FreedGraph,
        InvalidArgument as InvalidArgument,
        LostGradient as LostGradient,
        MissingRule as MissingRule,
        NotDifferentiable as NotDifferentiable,
        WengertError as WengertError,
    )
    from wengert.explanation.code import code as code
    from wengert.explanation.explain import explain as explain
    from wengert.interpreters.record import Graph as Graph
    from wengert.interpreters.tensor import Tensor as Tensor
    from wengert.methods.compare import compare as compare
    from wengert.methods.dual import (
        dual as dual,
        epsilon as epsilon,
        epsilon1 as epsilon1,
        epsilon2 as epsilon2,
        hyperdual as hyperdual,
    )
    from wengert.methods.finite import finite_difference as finite_difference
    from wengert.methods.taylor import taylor as taylor
    from wengert.methods.vcurve import vcurve as vcurve
    from wengert.spec import Spec as Spec
    from wengert.transforms.adoption import adopt as adopt
    from wengert.transforms.control import (
        cond as cond,
        fori_loop as fori_loop,
        map as map,
        scan as scan,
        switch as switch,
        while_loop as while_loop,
    )
    from wengert.transforms.custom import (
        checkpoint as checkpoint,
        custom as custom,
        custom_jvp as custom_jvp,
        custom_vjp as custom_vjp,
        stop_gradient as stop_gradient,
    )
    from wengert.transforms.forward import derivative as derivative, jvp as jvp, linearize as linearize
    from wengert.transforms.matrices import (
        hessian as hessian,
        hvp as hvp,
        jacfwd as jacfwd,
        jacobian as jacobian,
        jacrev as jacrev,
        sparsity as sparsity,
    )
    from wengert.transforms.reverse import grad as grad, value_and_grad as value_and_grad, vjp as vjp
    from wengert.transforms.trace import trace as trace
    from wengert.transforms.vmap import vmap as vmap
    from wengert.transforms.wirtinger import wirtinger as wirtinger

__version__ = "0.1.0"

# Where each public name lives. A name is imported when it is first used.
_EXPORTS: dict[str, str] = {
    "wengert.errors": "WengertError InvalidArgument LostGradient MissingRule NotDifferentiable FreedGraph",
    "wengert.spec": "Spec",
    "wengert.interpreters.tensor": "Tensor",
    "wengert.interpreters.record": "Graph",
    "wengert.transforms.reverse": "grad value_and_grad vjp",
    "wengert.transforms.wirtinger": "wirtinger",
    "wengert.transforms.forward": "jvp linearize derivative",
    "wengert.transforms.matrices": "jacobian jacfwd jacrev hessian hvp sparsity",
    "wengert.transforms.vmap": "vmap",
    "wengert.transforms.trace": "trace",
    "wengert.autograd": "Function Variable enable_grad inference_mode is_grad_enabled no_grad set_grad_enabled",
    "wengert.interpreters.placed": "device",
    "wengert.generator": "Generator manual_seed",
    "wengert.creation": "arange array as_tensor asarray empty empty_like eye from_numpy full full_like "
    "linspace logspace normal ones ones_like rand rand_like randint randint_like randn randn_like "
    "randperm tensor zeros zeros_like",
    "wengert.transforms.control": "cond fori_loop map scan switch while_loop",
    "wengert.compiler.api": "jit",
    "wengert.compiler.cfunc": "cfunc",
    "wengert.compiler.config": "config",
    "wengert.compiler.export": "export",
    "wengert.debug.policy": "nondifferentiable",
    "wengert.explanation.code": "code",
    "wengert.explanation.explain": "explain",
    "wengert.methods.compare": "compare",
    "wengert.methods.finite": "finite_difference",
    "wengert.methods.vcurve": "vcurve",
    "wengert.methods.dual": "dual epsilon epsilon1 epsilon2 hyperdual",
    "wengert.methods.taylor": "taylor",
    "wengert.methods.symbolic": "from_sympy symbolic",
    "wengert.methods.swell": "swell",
    "wengert.nn.functional": "adaptive_avg_pool1d adaptive_max_pool1d avg_pool1d channel_shuffle conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d max_pool1d max_pool1d_with_indices max_pool2d max_pool3d "
    "native_channel_shuffle pixel_shuffle pixel_unshuffle bilinear celu cosine_similarity group_norm hardshrink "
    "layer_norm pairwise_distance prelu rms_norm rrelu selu threshold",
    "wengert.train.serialization": "load save",
    "wengert.transforms.adoption": "adopt",
    "wengert.transforms.custom": "checkpoint custom custom_jvp custom_vjp stop_gradient",
}
_MODULES = (
    "tree",
    "errors",
    "debug",
    "testing",
    "autograd",
    "nn",
    "optim",
    "data",
    "utils",
    "func",
    "train",
    "linalg",
    "fft",
    "polynomial",
    "special",
    "scipy",
    "random",
    "distributions",
    "estimators",
)
# NumPy's names; PyTorch's where they differ; ours.
_HOME = dict.fromkeys(_names.NAMES, "wengert.names") | dict.fromkeys(_pytorch.NAMES, "wengert.pytorch")
_HOME |= {name: module for module, names in _EXPORTS.items() for name in names.split()}

__all__ = sorted([*_HOME, *_MODULES])  # noqa: PLE0605 (a list)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"wengert.{name}")
    else:
        raise AttributeError(f"module 'wengert' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _names_of_twins(module: str) -> Collection[str]:
    home = importlib.import_module("wengert.scipy")
    return importlib.import_module(f"wengert.scipy.{module}").__all__ if module in home.HOMES else ()


def _untwinned(module: str) -> Collection[str]:
    found: Collection[str] = importlib.import_module("wengert.scipy.untwinned").UNTWINNED.get(module, ())
    return found


def _instead(name: str) -> str:
    text: str = importlib.import_module("wengert.scipy.untwinned").instead(name)
    return text


_twins.HOOK.names, _twins.HOOK.untwinned, _twins.HOOK.instead = _names_of_twins, _untwinned, _instead
