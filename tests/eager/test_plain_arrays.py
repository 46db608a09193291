"""Plain arrays that are written to after an op has saved them never give a wrong gradient."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import MutatedArray


@pytest.mark.parametrize("eager", [True, False])
def test_a_small_array_may_be_written_to_afterwards(eager):
    def f(x):
        a = np.array([2.0, 3.0])
        y = x * a
        a[:] = 100.0
        z = y / np.add(a, 0.0)
        a *= 7
        return np.sum(z)

    if eager:
        x = wg.tensor([1.0, 1.0], requires_grad=True)
        f(x).backward()
        gradient = x.grad.numpy()
    else:
        gradient = wg.grad(f)(np.ones(2))
    assert np.allclose(gradient, [0.02, 0.03])


def test_a_large_array_that_changed_is_noticed():
    a = np.ones(3000)
    x = wg.tensor(np.ones(3000), requires_grad=True)
    y = np.sum(x * a)
    a *= 2
    with pytest.raises(MutatedArray, match=r"MulBackward0 saved a plain float64 array of shape \(3000,\)"):
        y.backward()
    assert x.grad is None


SHARED = np.ones(3000)


def doubled_by_a_view(x):
    y = np.sum(x * SHARED)
    rows = SHARED.reshape(30, 100)
    rows[2:] *= 2
    return y


def sorted_by_out(x):
    a = np.linspace(0, 1, 3000)
    y = np.sum(x * a)
    np.negative(a, out=a)
    return y


def filled(x):
    a = np.linspace(0, 1, 3000)
    y = np.sum(x * a)
    a.fill(3.0)
    return y


@pytest.mark.parametrize(
    "f, offset, text",
    [(doubled_by_a_view, 3, "rows[2:] *= 2"), (sorted_by_out, 3, "np.negative(a, out=a)"), (filled, 3, "a.fill(3.0)")],
)
def test_the_line_that_wrote_and_the_op_that_needed_the_old_values_are_named(f, offset, text):
    with pytest.raises(MutatedArray) as error:
        wg.grad(f)(np.ones(3000))
    first = f.__code__.co_firstlineno
    what, why, instead = str(error.value).splitlines()
    assert f"at test_plain_arrays.py:{first + (1 if f is doubled_by_a_view else 2)}, which" in what
    assert f"test_plain_arrays.py:{first + offset} ({text})" in why
    assert "a.copy()" in instead


def test_a_large_array_that_did_not_change_is_fine():
    a = np.linspace(0, 1, 3000)
    x = wg.tensor(np.ones(3000), requires_grad=True)
    np.sum(x * a).backward()
    assert np.array_equal(x.grad.numpy(), a)


def test_an_op_that_saves_nothing_does_not_care():
    a = np.ones(3000)
    x = wg.tensor(np.ones(3000), requires_grad=True)
    y = np.sum(x + a)
    a *= 2
    y.backward()
    assert np.array_equal(x.grad.numpy(), np.ones(3000))


def test_an_index_array_may_be_written_to_afterwards():
    i = np.array([0, 2])
    x = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x[i].sum()
    i[:] = 1
    y.backward()
    assert np.array_equal(x.grad.numpy(), [1, 0, 1])
