"""Keys: the generator's known answers, and the same numbers under every transform."""

import numpy as np
import pytest

import wengert as wg
from wengert import random
from wengert.random.threefry import threefry

# D. E. Shaw Research, Random123, kat_vectors: threefry2x32 of 20 rounds, (counter, key, answer).
ANSWERS = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]

DRAWS = {
    "bits": lambda k: random.bits(k, (5,), np.uint64),
    "uniform": lambda k: random.uniform(k, (3, 2), np.float32, -1.0, 2.0),
    "normal": lambda k: random.normal(k, (5,)),
    "scalar": lambda k: random.normal(k),
    "complex": lambda k: random.normal(k, (3,), complex),
    "truncated_normal": lambda k: random.truncated_normal(k, -1.0, np.array([0.5, 3.0])),
    "multivariate_normal": lambda k: random.multivariate_normal(k, np.ones(2), np.eye(2) + 0.5, (4,)),
    "gamma": lambda k: random.gamma(k, np.array([0.3, 1.0, 7.0])),
    "beta": lambda k: random.beta(k, 2.0, 0.5, (3,)),
    "dirichlet": lambda k: random.dirichlet(k, np.array([0.5, 1.0, 2.0])),
    "t": lambda k: random.t(k, 3.0, (2,)),
    "bernoulli": lambda k: random.bernoulli(k, 0.3, (9,)),
    "rademacher": lambda k: random.rademacher(k, (9,)),
    "categorical": lambda k: random.categorical(k, np.array([0.1, 0.2, 0.3]), shape=(9,)),
    "gumbel_softmax": lambda k: random.gumbel_softmax(k, np.zeros(3), 0.5, True, shape=(9,)),
    "poisson": lambda k: random.poisson(k, np.array([0.0, 0.5, 30.0])),
    "binomial": lambda k: random.binomial(k, 9, np.array([0.0, 0.5, 1.0])),
    "geometric": lambda k: random.geometric(k, np.array([0.2, 1.0])),
    "randint": lambda k: random.randint(k, (7,), -3, 4),
    "permutation": lambda k: random.permutation(k, 6),
    "independent": lambda k: random.permutation(k, np.arange(6).reshape(2, 3), axis=1, independent=True),
    "choice": lambda k: random.choice(k, 5, (2, 2)),
    "choice_p": lambda k: random.choice(k, np.arange(3.0), (4,), p=np.array([0.2, 0.0, 0.8])),
    "choice_once": lambda k: random.choice(k, 5, (3,), replace=False, p=np.array([0.2, 0.0, 0.3, 0.3, 0.2])),
    "split": lambda k: random.split(k, (2, 3)),
    "fold_in": lambda k: random.fold_in(k, 3),
}


@pytest.mark.parametrize("counter, key, answer", ANSWERS)
def test_known_answers(counter, key, answer):
    words = [(np.array([a], np.uint32), np.array([b], np.uint32)) for a, b in (key, counter)]
    assert tuple(int(w[0]) for w in threefry(*words)) == answer


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_numbers_compiled_mapped_and_on_the_tape(name):
    draw, keys = DRAWS[name], random.split(random.key(5), 3)
    expected = [np.asarray(draw(k)) for k in keys]
    assert any(not np.array_equal(expected[0], e) for e in expected[1:])
    compiled = wg.jit(draw)
    for key, values in zip(keys, expected, strict=True):
        # A compiled logarithm may differ in its last digit.
        np.testing.assert_allclose(np.asarray(compiled(key)), values, rtol=1e-6 if name == "uniform" else 1e-12)
        np.testing.assert_array_equal(np.asarray(draw(wg.tensor(key))), values)
        np.testing.assert_array_equal(draw(key), values)
    mapped = np.asarray(wg.vmap(draw)(keys))
    np.testing.assert_array_equal(mapped, np.stack(expected))
    assert mapped.dtype == expected[0].dtype and mapped.shape == (3, *expected[0].shape)


def test_keys_of_whole_numbers():
    assert random.key(-1).tolist() == [0xFFFFFFFF, 0xFFFFFFFF]
    assert random.key(np.int64(-1)).tolist() == [0xFFFFFFFF, 0xFFFFFFFF]
    assert random.key(2**40 + 3).tolist() == [256, 3]
    assert wg.jit(random.key)(np.int64(2**40 + 3)).tolist() == [256, 3]
    np.testing.assert_array_equal(wg.vmap(random.key)(np.arange(3)), [random.key(i) for i in range(3)])


def test_keys_of_a_traced_number():
    keys = wg.vmap(random.fold_in, in_axes=(None, 0))(random.key(0), np.arange(4))
    np.testing.assert_array_equal(keys, [random.fold_in(random.key(0), i) for i in range(4)])


def test_a_number_depends_on_its_place_alone():
    key = random.key(1)
    np.testing.assert_array_equal(random.uniform(key, (7,))[:3], random.uniform(key, (3,)))
    assert random.uniform(key, (0, 3)).shape == (0, 3)
    assert len({tuple(k) for k in random.split(key, 1000).tolist()}) == 1000


def test_a_generator_draws_a_key():
    wg.manual_seed(3)
    a, b = random.normal(None, (2,)), random.normal(None, (2,))
    wg.manual_seed(3)
    np.testing.assert_array_equal(random.normal(None, (2,)), a)
    assert not np.array_equal(a, b)
    g, h = wg.Generator().manual_seed(1), wg.Generator().manual_seed(1)
    np.testing.assert_array_equal(random.normal(g, (2,)), random.normal(h, (2,)))
    compiled = wg.jit(lambda: random.normal(None, (2,)))
    assert not np.array_equal(compiled(), compiled())


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: random.normal(0), "two uint32 words"),
        (lambda: random.normal(random.split(random.key(0))), "two uint32 words"),
        (lambda: random.key(1.5), "whole number"),
        (lambda: random.bits(random.key(0), (), np.int32), "words of 32 or 64"),
        (lambda: random.normal(random.key(0), (2,), int), "real numbers"),
        (lambda: random.normal(random.key(0), 1.5), "made of whole numbers"),
        (lambda: random.normal(random.key(0), (2,), loc=np.zeros(3)), "broadcast"),
        (lambda: random.normal(random.key(0), loc=np.zeros(3), scale=np.ones(2)), "broadcast"),
        (lambda: random.randint(random.key(0), (2,), 3, 3), "no number between"),
        (lambda: random.choice(random.key(0), 3, (4,), replace=False), "too few"),
        (lambda: random.permutation(random.key(0), np.zeros(3), axis=1), "axis"),
        (lambda: random.dirichlet(random.key(0), 1.0), "scalar"),
        (lambda: random.categorical(random.key(0), 1.0), "scalar"),
        (lambda: random.multivariate_normal(random.key(0), np.zeros(2), np.eye(3)), "covariance"),
        (lambda: random.multivariate_normal(random.key(0), np.zeros(2), np.eye(2), method="lu"), "cholesky"),
    ],
)
def test_refusals_say_why(call, message):
    with pytest.raises(wg.InvalidArgument, match=message) as caught:
        call()
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.peers
def test_keys_and_bits_are_those_of_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_threefry_partitionable", True)
    theirs, ours = jax.random.PRNGKey(12), random.key(12)
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(random.split(ours, 5), jax.random.split(theirs, 5))
    np.testing.assert_array_equal(random.fold_in(ours, 9), jax.random.fold_in(theirs, 9))
    np.testing.assert_array_equal(random.bits(ours, (4, 3)), jax.random.bits(theirs, (4, 3), "uint32"))


def test_keys_in_loops():
    """A walk that splits its key, and one that folds in the number of the step, compiled and not."""

    def split(carry, _):
        key, x = carry
        key, now = random.split(key)
        return (key, x + random.normal(now, (2,))), x

    def run(key):
        (_, last), path = wg.scan(split, (key, np.zeros(2)), None, length=4)
        folded = wg.fori_loop(0, 4, lambda i, x: x + random.uniform(random.fold_in(key, i), (2,)), np.zeros(2))
        return last, path, folded

    key, x, folded = random.key(3), np.zeros(2), np.zeros(2)
    for i in range(4):
        folded = folded + random.uniform(random.fold_in(random.key(3), i), (2,))
        key, now = random.split(key)
        x = x + random.normal(now, (2,))
    for result in (run(random.key(3)), wg.jit(run)(random.key(3))):
        np.testing.assert_allclose(result[0], x)
        np.testing.assert_allclose(result[2], folded)


def test_per_example_noise_differs_under_vmap():
    x = np.arange(3.0)
    noisy = wg.vmap(lambda key, x: random.normal(key, loc=x, scale=0.1))(random.split(random.key(0), 3), x)
    np.testing.assert_array_equal(
        noisy, [random.normal(k, loc=m, scale=0.1) for k, m in zip(random.split(random.key(0), 3), x, strict=True)]
    )
    slopes = wg.vmap(wg.grad(lambda x, key: random.gamma(key, x) ** 2))(x + 1, random.split(random.key(0), 3))
    compiled = wg.jit(wg.vmap(wg.grad(lambda x, key: random.gamma(key, x) ** 2)))(x + 1, random.split(random.key(0), 3))
    np.testing.assert_allclose(slopes, compiled, rtol=1e-10)
    assert slopes.shape == (3,)


@pytest.mark.parametrize("a", [0.4, 2.5])
def test_second_derivative_of_a_gamma_number(a):
    def draw(a):
        return random.gamma(random.key(2), a)

    h = 1e-4
    slope = wg.grad(draw)
    assert abs(slope(a) - (draw(a + h) - draw(a - h)) / (2 * h)) < 1e-6
    assert abs(wg.hessian(draw)(a) - (slope(a + h) - slope(a - h)) / (2 * h)) < 1e-5
