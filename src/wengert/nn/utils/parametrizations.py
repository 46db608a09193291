"""Parametrizations of weights: by direction and length, of spectral norm 1, orthogonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import creation
from wengert.autograd import no_grad
from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.convolutions import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from wengert.nn.functional.arguments import unknown
from wengert.nn.functional.running import peeled
from wengert.nn.module import Module
from wengert.nn.utils.parametrize import register_parametrization
from wengert.ops.matrixfun import expm

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train a weight as w = g v / |v|: lengths g (original0) and directions v (original1); returns the module.

    dim: the axis along which there is a length for each entry; None: one length. From T. Salimans and D. Kingma,
    "Weight normalization", 2016.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.utils.parametrizations.weight_norm(wg.nn.Linear(3, 2))
    >>> [(key, x.shape) for key, x in layer.named_parameters()][1:]
    [('parametrizations.weight.original0', (2, 1)), ('parametrizations.weight.original1', (2, 3))]
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def _length(self, v: Any) -> Any:
        if self.dim is None:
            return np.sqrt(np.sum(v * v))
        others = tuple([n for n in range(v.ndim) if n != self.dim % v.ndim])
        return np.sqrt(np.sum(v * v, axis=others, keepdims=True))

    def forward(self, length: Any, direction: Any) -> Any:
        """g v / |v|."""
        return direction * (length / self._length(direction))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """The lengths of a weight, and itself as the directions."""
        return self._length(weight), weight


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value σ, as a matrix with the rows of the axis `dim`; returns the module.

    σ = uᵀ W v, where u and v are followed by `n_power_iterations` steps of the power method at each use in training;
    they are buffers. dim: 0, but 1 for transposed convolutions. eps: the least norm that is divided by. From T. Miyato
    et al., "Spectral normalization for generative adversarial networks", 2018. Raises `InvalidArgument` for fewer than
    one step.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.utils.parametrizations.spectral_norm(wg.nn.Linear(3, 2), n_power_iterations=50)
    >>> np.linalg.norm(layer.weight.detach().numpy(), 2).round(6)
    np.float64(1.0)
    """
    transposed = isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d)
    axis = (1 if transposed else 0) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(getattr(module, name), n_power_iterations, axis, eps))


class _SpectralNorm(Module):
    def __init__(self, weight: Any, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if n_power_iterations < 1:
            raise InvalidArgument(
                explain(
                    f"spectral_norm at {user_line()} got n_power_iterations={n_power_iterations}.",
                    "The singular vectors are followed by steps of the power method.",
                    "Give a positive number.",
                )
            )
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        if weight.ndim > 1:
            matrix = self._matrix(weight.detach())
            for side, n in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(side, self._unit(creation.randn(n, dtype=weight.dtype)))
            with no_grad():
                self._step(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        return np.reshape(np.moveaxis(weight, self.dim, 0), (weight.shape[self.dim], -1))

    def _unit(self, x: Any) -> Any:
        return x / np.maximum(np.sqrt(np.sum(x * x)), self.eps)

    def _step(self, matrix: Any, count: int) -> None:
        for _ in range(count):
            self._u[...] = self._unit(matrix @ self._v)
            self._v[...] = self._unit(matrix.T @ self._u)

    def forward(self, weight: Any) -> Any:
        """W / σ."""
        if weight.ndim == 1:
            return self._unit(weight)
        matrix = self._matrix(weight)
        if self.training:
            with no_grad():
                self._step(peeled(matrix, self._u), self.n_power_iterations)
        # Copies, because the next use moves the buffers while this one may still have to be differentiated.
        sigma = np.copy(self._u) @ (matrix @ np.copy(self._v))
        return weight / sigma

    def right_inverse(self, value: Any) -> Any:
        """The value itself; σ is divided by anew."""
        return value


def orthogonal(module: Module, name: str = "weight", orthogonal_map: str = "matrix_exp") -> Module:
    """Let a matrix have orthonormal columns, or rows if it is wide; returns the module.

    With the skew-symmetric A = X - Xᵀ of the lower triangle X of what is trained, it is B Q, where B is the orthogonal
    matrix next to the initial weight, and Q = exp(A) ("matrix_exp") or (1 - A/2)⁻¹ (1 + A/2) ("cayley"), of which as
    many columns are taken as needed; Q = 1 at first. From M. Lezcano-Casado, "Trivializations for gradient-based
    optimization on manifolds", 2019. Raises `InvalidArgument` for another map, and for a weight that is no matrix.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.utils.parametrizations.orthogonal(wg.nn.Linear(3, 2), orthogonal_map="cayley")
    >>> (layer.weight @ layer.weight.T).detach().numpy().round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    weight = getattr(module, name)
    if orthogonal_map not in ("matrix_exp", "cayley"):
        raise unknown("orthogonal_map", orthogonal_map, ("matrix_exp", "cayley"))
    if weight.ndim < 2:
        raise InvalidArgument(
            explain(
                f"orthogonal at {user_line()} got a weight of shape {weight.shape}.",
                "Rows or columns of a matrix are orthogonal.",
                "Give the name of a parameter of two axes or more.",
            )
        )
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map))


class _Orthogonal(Module):
    def __init__(self, weight: Any, orthogonal_map: str) -> None:
        super().__init__()
        self.orthogonal_map = orthogonal_map
        tall = np.swapaxes(weight.detach(), -1, -2) if weight.shape[-2] < weight.shape[-1] else weight.detach()
        self.register_buffer("base", _whole_basis(tall))

    def forward(self, x: Any) -> Any:
        """The matrix."""
        wide = x.shape[-2] < x.shape[-1]
        x = np.swapaxes(x, -1, -2) if wide else x
        n, k = x.shape[-2:]
        lower = np.tril(x, -1)
        if k < n:
            lower = np.concatenate([lower, np.zeros((*x.shape[:-1], n - k), x.dtype)], axis=-1)
        skew = lower - np.swapaxes(lower, -1, -2)
        if self.orthogonal_map == "matrix_exp":
            q = expm(skew)
        else:
            one = np.eye(n, dtype=x.dtype)
            q = np.linalg.solve(one - skew / 2, one + skew / 2)
        q = self.base @ q[..., :k]
        return np.swapaxes(q, -1, -2) if wide else q

    def right_inverse(self, value: Any) -> Any:
        """What the value itself, as near as an orthogonal matrix comes to it, is made of: zeros and a new base."""
        tall = np.swapaxes(value, -1, -2) if value.shape[-2] < value.shape[-1] else value
        self.base[...] = _whole_basis(tall)
        return np.zeros_like(value)


def _whole_basis(tall: Any) -> Any:
    """A square orthogonal matrix, the first columns of which are as near to those given as orthonormal ones come."""
    tall = np.asarray(tall.detach())
    u, _, vt = np.linalg.svd(tall, full_matrices=True)
    k = tall.shape[-1]
    return np.concatenate([u[..., :k] @ vt, u[..., k:]], axis=-1)
