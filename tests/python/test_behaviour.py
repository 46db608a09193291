"""Tensors in plain Python behave as ndarrays do, and never drop a gradient without saying so."""

import copy
import math
import pickle
import statistics

import numpy as np
import pytest

import wengert as wg

HERE = "test_behaviour.py:"


def tracked(values):
    return wg.tensor(values, requires_grad=True)


def test_truth_of_values_and_branching():
    x = tracked([1.0, -2.0])
    assert x[0] > 0
    assert not x[1] > 0
    assert bool(x[0])
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)

    def f(x):
        return x * x if x > 0 else -x

    assert wg.grad(f)(3.0) == 6.0
    assert wg.grad(f)(-3.0) == -1.0
    assert wg.jvp(f, (3.0,), (1.0,))[1] == 6.0
    assert wg.hessian(f)(3.0) == 2.0


def test_len_iteration_and_membership():
    x = tracked([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.shape for row in x] == [(2,), (2,)]
    assert 3.0 in x
    assert 5.0 not in x
    first, second = x
    assert (first + second).tolist()[1] == 6.0
    with pytest.raises(TypeError, match="unsized"):
        len(x[0, 0])
    with pytest.raises(TypeError, match="0-d"):
        iter(x[0, 0])
    assert [i for i, _ in enumerate(x)] == [0, 1]
    assert [float(b.detach()) for _, b in zip(range(2), x[0], strict=True)] == [1.0, 2.0]
    assert next(iter(reversed(x))).tolist()[0] == 3.0


def test_hash_and_equality():
    x, y = wg.ones(2), wg.ones(2)
    assert hash(x) != hash(y)
    assert len({x: 1, y: 2}) == 2
    assert (x == y).all()
    assert not (x == None).any() if isinstance(x == None, np.ndarray) else (x == None) is False  # noqa: E711
    assert (x != y).tolist() == [False, False]


def test_logical_operators_on_comparisons():
    x = tracked([1.0, 2.0, 3.0])
    assert ((x > 1) & (x < 3)).tolist() == [False, True, False]
    assert ((x < 2) | (x > 2)).tolist() == [True, False, True]
    assert (~(x > 1)).tolist() == [True, False, False]
    assert ((x > 1) ^ (x > 2)).tolist() == [False, True, False]
    assert (np.array([True, False, True]) & (x > 1)).tolist() == [False, False, True]


def test_builtins_are_differentiable():
    x = np.array([1.5, -2.25, 0.5])
    assert wg.grad(lambda x: max(x))(x).tolist() == [1.0, 0.0, 0.0]
    assert wg.grad(lambda x: min(x))(x).tolist() == [0.0, 1.0, 0.0]
    assert wg.grad(lambda x: sum(x))(x).tolist() == [1.0, 1.0, 1.0]
    assert wg.grad(lambda x: sum(abs(x)))(x).tolist() == [1.0, -1.0, 1.0]
    assert wg.grad(lambda x: sum(round(x) * x))(x).tolist() == [2.0, -2.0, 0.0]
    assert wg.grad(lambda x: sum(sorted(x)[:2]))(x).tolist() == [0.0, 1.0, 1.0]
    assert wg.grad(lambda x: divmod(x[0], 1.0)[1])(x).tolist() == [1.0, 0.0, 0.0]
    assert wg.grad(lambda x: pow(x[0], 2) + math.prod(x))(x).tolist() == [3.0 - 1.125, 0.75, -3.375]
    assert wg.grad(lambda x: statistics.fmean([1.0, 2.0]) * x[0])(x)[0] == 1.5
    assert wg.grad(lambda x: x[0] if 1.0 < x[0] <= 1.5 else x[1])(x).tolist() == [1.0, 0.0, 0.0]


def test_rounding_functions_of_math_keep_their_meaning():
    x = tracked(2.7)
    assert math.floor(x) == 2
    assert math.ceil(x) == 3
    assert math.trunc(x) == 2
    assert round(x, 1) == 2.7


MATH = [math.sin, math.exp, math.sqrt, math.log, math.erf, math.gamma, math.isfinite, lambda x: math.hypot(x, 1.0)]


@pytest.mark.parametrize("function", [*MATH, float, int, complex])
def test_numbers_of_tracked_values_are_refused_with_the_line(function):
    def f(x):
        return function(x) * x

    for call in (lambda: wg.grad(f)(2.0), lambda: wg.jvp(f, (2.0,), (1.0,)), lambda: f(tracked(2.0))):
        with pytest.raises(wg.errors.LostGradient, match=HERE) as error:
            call()
        assert len(str(error.value).splitlines()) == 3
        assert isinstance(error.value, TypeError)


@pytest.mark.parametrize("function", [*MATH, float, int, complex, lambda x: x.item()])
def test_numbers_of_untracked_values_are_given(function):
    assert function(wg.tensor(2.0)) == function(np.array(2.0))


def test_writing_tracked_values_into_plain_arrays_is_refused():
    def into_an_entry(x):
        y = np.zeros(3)
        y[0] = x[0]
        return np.sum(y)

    def into_a_slice(x):
        y = np.zeros(3)
        y[:] = x
        return np.sum(y)

    def by_an_operator(x):
        y = np.zeros(3)
        y += x
        return np.sum(y)

    def by_out(x):
        y = np.zeros(3)
        np.sin(x, out=y)
        return np.sum(y)

    def by_add_at(x):
        y = np.zeros(3)
        np.add.at(y, [0, 1, 2], x)
        return np.sum(y)

    def by_copyto(x):
        y = np.zeros(3)
        np.copyto(y, x)
        return np.sum(y)

    def by_dtype(x):
        return np.sum(np.asarray(x, dtype=float))

    for f in (into_an_entry, into_a_slice, by_an_operator, by_out, by_add_at, by_copyto, by_dtype):
        for derive in (wg.grad, wg.jacfwd):
            with pytest.raises(wg.errors.LostGradient, match=HERE) as error:
                derive(f)(np.ones(3))
            assert len(str(error.value).splitlines()) == 3, f.__name__


def test_an_eager_tensor_in_a_plain_array_is_refused_as_numpy_words_it():
    y = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as error:
        y[0] = tracked(1.0)
    assert isinstance(error.value.__cause__, wg.errors.LostGradient)
    with pytest.raises(wg.errors.LostGradient):
        y += tracked(1.0)
    with pytest.raises(wg.errors.LostGradient):
        y[:] = tracked([1.0, 2.0, 3.0])


def test_item_is_the_explicit_way_out_of_the_eager_tape_only():
    assert tracked(2.0).item() == 2.0
    with pytest.raises(wg.errors.LostGradient, match=HERE):
        wg.grad(lambda x: x.item() * x)(2.0)


def test_untracked_values_may_go_anywhere():
    x = wg.tensor([1.0, 2.0, 3.0])
    y = np.zeros(3)
    y[0] = x[0]
    y[1:] = x[1:]
    y += x
    np.sin(x, out=y[:])
    np.testing.assert_array_equal(y, np.sin([1.0, 2.0, 3.0]))
    assert [10, 20, 30][wg.tensor(1)] == 20
    assert list(range(wg.tensor(3))) == [0, 1, 2]
    assert "%.2f" % wg.tensor(1.5) == "1.50"  # noqa: UP031 (the old way is tested)


def test_shapes_are_plain_integers():
    x = tracked(np.ones((2, 3)))
    for got, wanted in [(np.shape(x), (2, 3)), (np.ndim(x), 2), (np.size(x), 6), (np.size(x, 1), 3), (x.shape, (2, 3))]:
        assert got == wanted
        assert all(type(n) is int for n in (got if isinstance(got, tuple) else (got,)))
    assert (x.itemsize, x.nbytes, x.size, x.ndim) == (8, 48, 6, 2)


def test_formatting():
    x = tracked(2.5)
    assert f"{x:.2f}" == "2.50"
    assert f"{x:>8.1f}" == "     2.5"
    assert "2.5" in f"{x}"
    assert "2.5" in str(x)
    assert "1." in f"{tracked([1.0])}"
    shown = []
    wg.grad(lambda x: shown.append(f"{x[0]:.1f}") or x[0])(np.array([1.0]))
    wg.jvp(lambda x: shown.append(f"{x:.1f}") or x, (1.0,), (1.0,))
    assert shown == ["1.0", "1.0"]


def test_copies():
    x = tracked([1.0, 2.0])
    assert copy.copy(x).tolist()[0] == 1.0
    deep = copy.deepcopy(x)
    assert deep.requires_grad
    assert deep is not x
    back = pickle.loads(pickle.dumps(x))
    assert back.requires_grad
    np.testing.assert_array_equal(back.detach().numpy(), [1.0, 2.0])
    assert wg.grad(lambda x: np.sum(copy.copy(x) * x))(np.array([3.0])) == 6.0


def test_comparisons_carry_no_gradient():
    x = tracked([1.0, 2.0])
    assert not (x > 1).requires_grad
    assert (x > 1).dtype == bool
    assert np.argmax(x).dtype.kind == "i"


def test_batched_and_traced_values_refuse_decisions():
    f = lambda x: x if x > 0 else -x
    with pytest.raises(wg.errors.BatchedValue, match=HERE):
        wg.vmap(f)(np.ones(2))
    with pytest.raises(wg.errors.TracedValue, match=HERE):
        wg.trace(f)(1.0)
    with pytest.raises(wg.errors.BatchedValue, match=HERE):
        wg.vmap(lambda x: float(x))(np.ones(2))
