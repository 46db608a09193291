"""Details of PyTorch's calls: axes of a number, contiguous copies, complex operands, axes exchanged."""

import numpy as np
import pytest

import wengert as wg

F = wg.nn.functional


@pytest.mark.parametrize("dim", [0, -1])
def test_a_number_has_the_axis_of_a_vector(dim):
    x = wg.tensor(-3.0, requires_grad=True)
    for y, slope in (
        (x.squeeze(dim=dim), 1),
        (x.transpose(dim, dim), 1),
        (wg.swapdims(x, 0, dim), 1),
        (wg.quantile(x, 0.5, dim=dim, keepdim=True), 1),
        (x.nanquantile(0.5, dim=dim), 1),
        (wg.nanmean(x, dim=dim), 1),
        (wg.linalg.vector_norm(x, 6, dim, True), -1),
        (wg.norm(x, dim=dim), -1),
    ):
        assert y.shape == () and abs(y.item()) == 3
        assert wg.autograd.grad(y, x)[0].item() == pytest.approx(slope)
    assert x.unfold(dim, 1, 1).tolist() == [-3]


@pytest.mark.parametrize("f", [lambda x: x.squeeze(dim=1), lambda x: wg.linalg.vector_norm(x, dim=(0, -2))])
def test_a_number_has_no_second_axis(f):
    with pytest.raises(np.exceptions.AxisError, match="axis"):
        f(wg.tensor(1.0))


def test_a_contiguous_copy_is_nobodys_view():
    x = wg.arange(6.0).reshape(2, 3)
    turned = x.t()
    assert not turned.is_contiguous() and x[1:].is_contiguous() and x.contiguous() is x
    copy = turned.contiguous()
    copy.mul_(10)
    assert copy.is_contiguous() and x.tolist() == [[0, 1, 2], [3, 4, 5]]
    repeated = wg.ones(2).expand(2, 2).contiguous()
    repeated[0] += 1  # each row has its own memory
    assert repeated.tolist() == [[2, 2], [1, 1]]


def test_two_axes_are_exchanged():
    x = wg.arange(6.0).reshape(2, 3)
    assert wg.transpose(x, 0, 1).tolist() == x.t().tolist() == x.transpose(dim0=0, dim1=1).tolist()
    assert x.transpose(0, 1).shape == (2, 3), "NumPy's order of axes"


def test_functions_of_complex_numbers():
    z = np.array([3 + 4j, -1j])
    assert F.l1_loss(z, np.zeros(2)) == 3
    assert F.pairwise_distance(z, np.zeros(2), eps=0.0) == pytest.approx(26**0.5)
    assert F.normalize(z, dim=0) == pytest.approx(z / 26**0.5)
    assert F.softsign(z) == pytest.approx(z / [6, 2])
    assert F.silu(z) == pytest.approx(z / (1 + np.exp(-z)))
    assert F.tanhshrink(z) == pytest.approx(z - np.tanh(z))
    w = wg.logcumsumexp(wg.tensor(z), 0)
    assert w.exp().numpy() == pytest.approx(np.cumsum(np.exp(z)))
    assert w[0] == z[0], "with the turns that came in"
    nothing = wg.logcumsumexp(wg.tensor([-np.inf, -np.inf, 1j]), 0)
    assert nothing.tolist() == [-np.inf, -np.inf, 1j]
    wg.testing.check_grads(lambda z: F.silu(z) + F.softsign(z) + F.tanhshrink(z), (z,))
    wg.testing.check_grads(lambda z: wg.logcumsumexp(z, 0), (z,))
    wg.testing.check_grads(lambda z: F.pairwise_distance(z, 2 * z + 1) * F.normalize(z, dim=0), (z,))


def test_eigenvalues_of_no_matrix_have_a_gradient():
    x = wg.tensor(np.zeros((2, 0, 0)), requires_grad=True)
    w, v = wg.linalg.eig(x)
    (wg.sum(wg.real(w)) + wg.sum(wg.real(v))).backward()
    assert x.grad.shape == (2, 0, 0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.index_add(0, np.array([0, 2]), wg.ones(2)),
        lambda x: x.index_copy(0, np.array([0]), wg.ones(2)),
        lambda x: x.index_reduce(1, np.array([0]), wg.ones(3, 2), "prod"),
        lambda x: x.masked_scatter(x == 0, wg.ones(5)),
        lambda x: x.masked_scatter(np.ones((3, 2), np.uint8), wg.ones(6)),
        lambda x: wg.bucketize(x, wg.zeros(2, 2)),
        lambda x: wg.multinomial(x[0], 0),
        lambda x: wg.multinomial(x[None], 1),
        lambda x: x[None].t(),
        lambda x: F.embedding(np.array([0]), x[None]),
        lambda x: F.hardtanh(x, 1.0, -1.0),
        lambda x: F.rrelu(x, 0.3, 0.1),
        lambda x: F.triplet_margin_loss(x, x, x, margin=-1.0),
    ],
)
def test_what_pytorch_refuses(f):
    with pytest.raises(wg.InvalidArgument):
        f(wg.zeros(3, 2))


def test_a_source_of_nothing_is_scattered_to_nowhere():
    x = wg.ones(3)
    assert x.masked_scatter(x == 0, wg.zeros(0)).tolist() == [1, 1, 1]
    batched = wg.vmap(lambda x, m: wg.masked_scatter(x, m, wg.zeros(1)))(np.ones((2, 2)), np.eye(2, dtype=bool))
    assert np.asarray(batched).tolist() == [[0, 1], [1, 0]]


def test_powers_keep_the_dtype():
    powers = wg.linalg.vander(wg.tensor(np.array([2, 3], np.float32)), 3)
    assert powers.dtype == np.float32 and powers.tolist() == [[1, 2, 4], [1, 3, 9]]
