"""The boxes of every interpreter have PyTorch's methods, but for those that only a tape can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

F = Callable[[Any], Any]
X = np.array([[0.5, -1.5], [2.0, 3.0]])

# What concerns the nodes, the leaves and the gradients of a tape.
OF_THE_TAPE = set(
    "backward cleargrad creator grad grad_fn is_leaf name output_nr register_hook register_post_accumulate_grad_hook "
    "requires_grad_ retain_grad retains_grad".split()
)
TRANSFORMS: dict[str, Callable[[F], Any]] = {
    "jvp": lambda f: wg.jvp(f, (X,), (X,)),
    "vmap": lambda f: wg.vmap(f)(X[None]),
    "trace": lambda f: wg.trace(f)(X),
    "jacobian": lambda f: wg.jacfwd(f)(X),
    "grad": lambda f: wg.grad(lambda x: np.sum(f(x)))(X),
}
each_transform = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)


def _public(x: Any) -> set[str]:
    return {name for name in dir(x) if not name.startswith("_")}


@each_transform
def test_the_methods_are_those_of_tensors(transform: Callable[[F], Any]) -> None:
    found: list[Any] = []

    def f(x: Any) -> Any:
        found.append(x)
        return x * 2

    transform(f)
    assert _public(wg.Tensor) - _public(type(found[0])) <= OF_THE_TAPE
    assert _public(found[0]) <= _public(wg.Tensor)


@each_transform
def test_they_work_in_every_transform(transform: Callable[[F], Any]) -> None:
    def f(x: Any) -> Any:
        assert x.device == "cpu" and x.layout == "strided" and not x.is_cuda
        assert x.dim() == 2 and x.element_size() == 8 and x.type() == "tensor.float64"
        assert x.to(wg.float32).dtype == x.type(wg.float32).dtype == np.float32
        y = x.to("cpu").to(x.dtype).clone() + x.new_ones(2, 2) + x.new_zeros((2, 2)) + x.new_full((2, 2), 3.0)
        return y * x.detach() + x.data

    transform(f)


def test_derivatives_stop_at_what_is_detached() -> None:
    def f(x: Any) -> Any:
        assert x.requires_grad and not x.detach().requires_grad
        y = (x * 1).detach_()
        assert not y.requires_grad
        return x * x.detach() * y.clone()

    want = X * X
    np.testing.assert_allclose(wg.jvp(f, (X,), (np.ones_like(X),))[1], want)
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(f(x)))(X), want)
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(wg.vmap(f)(x)))(X), want)
    np.testing.assert_allclose(wg.jvp(lambda x: wg.vmap(f)(x), (X,), (np.ones_like(X),))[1], want)


def test_numbers_leave_only_untracked_boxes() -> None:
    def f(x: Any) -> Any:
        assert np.array_equal(x.numpy(force=True), X) and type(x.detach().numpy()) is np.ndarray
        with pytest.raises(wg.errors.LostGradient):
            x.numpy()
        return x

    wg.jvp(f, (X,), (X,))
    with pytest.raises(wg.errors.TapeError):
        wg.jvp(lambda x: x[0].detach_(), (X,), (X,))
