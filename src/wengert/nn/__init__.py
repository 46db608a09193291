"""Neural networks under PyTorch's names: modules, layers, and `nn.functional`."""

from wengert.nn import functional
from wengert.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter
from wengert.nn.stateless import functional_call, stack_module_state

__all__ = [
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "functional",
    "functional_call",
    "stack_module_state",
]
