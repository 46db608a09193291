"""Neural networks: `nn.functional` has activations and losses under PyTorch's names."""

from wengert.nn import functional

__all__ = ["functional"]
