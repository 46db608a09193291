"""The tape as PyTorch users know it: grad, backward, grad modes, hooks on the graph, Function, checks."""

from wengert.autograd import forward_ad, functional, graph
from wengert.autograd.anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from wengert.autograd.checks import gradcheck, gradgradcheck
from wengert.autograd.function import Function, once_differentiable
from wengert.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from wengert.autograd.gradients import backward, grad
from wengert.autograd.variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
]
