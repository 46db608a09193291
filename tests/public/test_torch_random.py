"""PyTorch's random numbers: reproducible, of the right kind, written in place, without a derivative."""

import numpy as np
import pytest

import wengert as wg

MEANS = {
    "bernoulli_": ((0.3,), 0.3), "exponential_": ((2.0,), 0.5), "geometric_": ((0.25,), 4.0),
    "log_normal_": ((0.0, 0.5), np.exp(0.125)), "normal_": ((1.0, 2.0), 1.0), "random_": ((10,), 4.5),
    "uniform_": ((2.0, 4.0), 3.0),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANS)
def test_fills_have_their_mean_and_are_reproducible(name):
    args, mean = MEANS[name]
    base = wg.zeros(2, 20000)
    part = base[1]
    assert getattr(part, name)(*args, generator=wg.Generator().manual_seed(1)) is part
    assert abs(base[1].mean().item() - mean) < 0.05 * max(1, mean)
    assert not base[0].numpy().any()
    again = getattr(wg.zeros(20000), name)(*args, generator=wg.Generator().manual_seed(1))
    np.testing.assert_array_equal(again, base[1].numpy())


def test_fills_by_their_other_arguments():
    x = wg.zeros(20000).cauchy_(3.0, 0.5, generator=wg.Generator().manual_seed(2))
    assert abs(np.median(x.numpy()) - 3.0) < 0.05
    x = wg.zeros(1000).uniform_(**{"from": 5, "to": 6})
    assert x.min().item() >= 5 and x.max().item() < 6
    assert wg.zeros(5, dtype=wg.int8).random_().dtype == np.int8
    x = wg.zeros(5, requires_grad=True)
    with wg.no_grad():
        x.normal_()
    assert x.is_leaf and x.numpy(force=True).all()


def test_draws_by_the_probabilities_of_a_tensor():
    p = wg.tensor([[0.0, 1.0, 0.5]], requires_grad=True)
    drawn = wg.bernoulli(p)
    assert drawn.tolist()[0][:2] == [0, 1] and not drawn.requires_grad
    assert p.bernoulli().shape == (1, 3)
    assert wg.bernoulli(wg.zeros(4), 1.0).tolist() == [1, 1, 1, 1]
    assert wg.multinomial(p, 2).sort(dim=1).values.tolist() == [[1, 2]]
    assert p.multinomial(3, replacement=True).numpy().all()
    assert wg.binomial(wg.tensor([5.0, 3.0]), wg.tensor([1.0, 0.0])).tolist() == [5, 0]
    assert abs(wg.poisson(wg.full((5000,), 3.0), generator=wg.Generator().manual_seed(3)).mean().item() - 3) < 0.1


def test_a_compiled_function_draws_anew():
    f = wg.jit(lambda x: x + wg.zeros(3).uniform_())
    assert not np.array_equal(f(np.zeros(3)), f(np.zeros(3)))
