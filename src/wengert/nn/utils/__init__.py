"""Tools around modules, under PyTorch's names: parameters as one vector, sequences of different lengths (`rnn`)."""

from wengert.nn.utils import rnn
from wengert.nn.utils.vectors import parameters_to_vector, vector_to_parameters

__all__ = ["parameters_to_vector", "rnn", "vector_to_parameters"]
