"""Neural networks under PyTorch's names: modules, layers, and `nn.functional`."""

from wengert.nn import functional, init
from wengert.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from wengert.nn.linear import Bilinear, Embedding, Flatten, Identity, Linear, Unflatten
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter
from wengert.nn.stateless import functional_call, stack_module_state

__all__ = [
    "Bilinear",
    "Embedding",
    "Flatten",
    "Identity",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "Unflatten",
    "functional",
    "functional_call",
    "init",
    "stack_module_state",
]
