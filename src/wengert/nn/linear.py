"""Layers that are linear in their weights: Linear, Bilinear, Embedding; Identity, Flatten, Unflatten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import creation
from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn import init
from wengert.nn.functional import bilinear, embedding, linear
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter

__all__ = ["Bilinear", "Embedding", "Flatten", "Identity", "Linear", "Unflatten"]


def made(*shape: int, dtype: Any = None) -> Any:
    """A parameter of this shape, to be filled by an initialiser."""
    return Parameter(creation.empty(*shape, dtype=dtype))


class Identity(Module):
    """What it gets; takes and ignores any arguments.

    >>> import wengert as wg
    >>> wg.nn.Identity(54)(3.0)
    3.0
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input


class Linear(Module):
    """x Wᵀ + b for the last axis of x.

    in_features, out_features: the lengths of that axis before and after. bias: whether there is a b. dtype: of W
    (out, in) and b (out), float64 by default. Both start uniform on ±1/√in.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Linear(3, 2)(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = made(out_features, in_features, dtype=dtype)
        self.register_parameter("bias", made(out_features, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial numbers again."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        """The layer at an input of shape (…, in); the result is (…, out)."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """x₁ᵀ Wₖ x₂ + bₖ for every output k, over the last axes of two inputs.

    in1_features, in2_features, out_features: their lengths, and that of the result's. bias: whether there is a b.
    W (out, in1, in2) and b start uniform on ±1/√in1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Bilinear(3, 4, 2)(np.ones((5, 3)), np.ones((5, 4))).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = made(out_features, in1_features, in2_features, dtype=dtype)
        self.register_parameter("bias", made(out_features, dtype=dtype) if bias else None)
        bound = 1 / math.sqrt(in1_features)
        init.uniform_(self.weight, -bound, bound)
        if bias:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        """The layer at inputs of shape (…, in1) and (…, in2); the result is (…, out)."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Embedding(Module):
    """A table with a vector for every number from 0 on.

    num_embeddings, embedding_dim: how many vectors, and their length. padding_idx: a number whose vector starts at 0
    and gets no gradient. max_norm, norm_type: vectors that are looked up are first shortened to this norm, in place.
    scale_grad_by_freq: divide the gradient of a vector by how often it is looked up. sparse: PyTorch's, without effect.
    _weight: the table, which is normal at first without it. _freeze: whether it is not trained.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Embedding(10, 3)(np.array([[1, 2], [4, 0]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise InvalidArgument(
                explain(
                    f"Embedding at {user_line()} got padding_idx={padding_idx} for {num_embeddings} vectors.",
                    "The padding is one of them.",
                    f"Give a number from 0 to {num_embeddings - 1}.",
                )
            )
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx if padding_idx is None or padding_idx >= 0 else num_embeddings + padding_idx
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            self.weight = made(num_embeddings, embedding_dim, dtype=dtype).requires_grad_(not _freeze)
            self.reset_parameters()
        else:
            self._take(_weight, _freeze)

    def reset_parameters(self) -> None:
        """Draw the initial numbers again."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.detach()[self.padding_idx])

    def forward(self, input: Any) -> Any:
        """The vectors of an array of numbers of any shape; the result has one more axis."""
        return embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Any:
        """A layer with the vectors of a table (n, d), which is trained only without `freeze`.

        options: those of the class.

        >>> import numpy as np, wengert as wg
        >>> wg.nn.Embedding.from_pretrained(np.array([[1.0, 2.0], [3.0, 4.0]]))(np.array([1]))
        tensor([[3., 4.]])
        """
        n, d = np.shape(embeddings)
        layer = cls(n, d, _weight=embeddings, **options)
        layer.weight.requires_grad_(not freeze)
        return layer

    def _take(self, table: Any, freeze: bool) -> None:
        """Use a table that there is."""
        if np.shape(table) != (self.num_embeddings, self.embedding_dim):
            raise InvalidArgument(
                explain(
                    f"{type(self).__name__} at {user_line()} got a table of shape {np.shape(table)}.",
                    f"It is to have {self.num_embeddings} vectors of length {self.embedding_dim}.",
                    "Give these numbers as they are, or use from_pretrained(table).",
                )
            )
        self.weight = Parameter(table, requires_grad=not freeze)

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        return f"{self.num_embeddings}, {self.embedding_dim}" + self._said(
            "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse"
        )  # fmt: skip

    def _said(self, *names: str) -> str:
        usual = {"norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False}
        values = [(name, getattr(self, name)) for name in names]
        return "".join([f", {name}={x}" for name, x in values if x != usual.get(name)])


class Flatten(Module):
    """All axes from `start_dim` to `end_dim` as one.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        """The input in its new shape."""
        shape = np.shape(input)
        first, last = self.start_dim % len(shape), self.end_dim % len(shape)
        return np.reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))

    def extra_repr(self) -> str:
        """The arguments."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis as several.

    dim: which. unflattened_size: their lengths, one of which may be -1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Unflatten(1, (3, 4))(np.ones((2, 12))).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        """The input in its new shape."""
        shape = np.shape(input)
        at = self.dim % len(shape)
        return np.reshape(input, (*shape[:at], *self.unflattened_size, *shape[at + 1 :]))

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
