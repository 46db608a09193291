"""Tools around modules, under PyTorch's names: parameters as one vector, clipped gradients, sequences (`rnn`).

`parametrize` lets weights be computed from others, and `parametrizations` has the usual ones.
"""

from wengert.nn.utils import fusion, parametrizations, parametrize, rnn
from wengert.nn.utils.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from wengert.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval
from wengert.nn.utils.parametrizations import spectral_norm, weight_norm
from wengert.nn.utils.vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fuse_conv_bn_eval",
    "fuse_linear_bn_eval",
    "fusion",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]
