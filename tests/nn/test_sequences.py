"""Recurrent layers, packed sequences, attention, CTC, summaries: by hand and by brute force."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn
from wengert.errors import InvalidArgument

F = nn.functional
rng = np.random.default_rng(0)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def weights(cell: Any) -> list[Any]:
    return [p.detach().numpy() for p in cell.parameters()]


def test_cells_by_their_formulas() -> None:
    x, h, c = rng.normal(size=3), rng.normal(size=2), rng.normal(size=2)
    cell: Any = nn.LSTMCell(3, 2)
    wi, wh, bi, bh = weights(cell)
    i, f, g, o = np.split(wi @ x + bi + wh @ h + bh, 4)
    after = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    for found, wanted in zip(cell(x, (h, c)), (sigmoid(o) * np.tanh(after), after), strict=True):
        np.testing.assert_allclose(found.detach(), wanted)
    cell = nn.GRUCell(3, 2)
    wi, wh, bi, bh = weights(cell)
    (r, z, n), (hr, hz, hn) = np.split(wi @ x + bi, 3), np.split(wh @ h + bh, 3)
    n = np.tanh(n + sigmoid(r + hr) * hn)
    z = sigmoid(z + hz)
    np.testing.assert_allclose(cell(x, h).detach(), (1 - z) * n + z * h)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_sequence_is_its_cell_again_and_again(kind: str) -> None:
    layer = getattr(nn, kind)(3, 4)
    cell = getattr(nn, f"{kind}Cell")(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): x for name, x in layer.state_dict().items()})
    x = rng.normal(size=(5, 2, 3))
    out, last = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        np.testing.assert_allclose(out[t].detach(), h.detach())
    ends = last if kind == "LSTM" else (last,)
    for a, b in zip(ends, state if kind == "LSTM" else (state,), strict=True):
        np.testing.assert_allclose(a[0].detach(), b.detach())


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_packed_sequences_are_run_each_in_its_length(kind: str) -> None:
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=True)
    sequences = [rng.normal(size=(n, 3)) for n in (2, 5, 1)]
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    out, last = layer(packed)
    ends = last if kind == "LSTM" else (last,)
    for n, (x, found) in enumerate(zip(sequences, nn.utils.rnn.unpack_sequence(out), strict=True)):
        alone, state = layer(x)
        np.testing.assert_allclose(found.detach(), alone.detach())
        for a, b in zip(ends, state if kind == "LSTM" else (state,), strict=True):
            np.testing.assert_allclose(a[:, n].detach(), b.detach())
    np.sum(out.data).backward()
    assert np.any(layer.weight_hh_l1_reverse.grad.numpy() != 0)


def test_padding_and_packing() -> None:
    rnn = nn.utils.rnn
    padded = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0], [5.0, 6.0, 0.0]])
    packed = rnn.pack_padded_sequence(padded, [3, 1, 2], batch_first=True, enforce_sorted=False)
    assert packed.data.tolist() == [1, 5, 4, 2, 6, 3] and packed.batch_sizes.tolist() == [3, 2, 1]
    back, lengths = rnn.pad_packed_sequence(packed, batch_first=True, padding_value=-1.0, total_length=4)
    assert lengths.tolist() == [3, 1, 2] and back[1].tolist() == [4, -1, -1, -1]
    gradient = wg.grad(lambda x: np.sum(rnn.pack_padded_sequence(x, [3, 1, 2], True, False).data ** 2))(padded)
    np.testing.assert_array_equal(gradient, 2 * padded)
    assert rnn.pad_sequence([np.ones(2), np.ones(3)], True, padding_side="left")[0].tolist() == [0, 1, 1]
    for lengths_, says in (([1, 3, 2], "enforce_sorted"), ([3, 0, 2], "1 to 3 steps"), ([3, 2], "one length for each")):
        with pytest.raises(InvalidArgument, match=says):
            rnn.pack_padded_sequence(padded, lengths_, batch_first=True)


def test_a_compiled_sequence_is_a_loop() -> None:
    layer = nn.LSTM(3, 4).requires_grad_(False)
    sizes = [str(wg.trace(lambda x: layer(x)[0])(rng.normal(size=(n, 2, 3)))) for n in (5, 50)]
    assert sizes[0].count("\n") == sizes[1].count("\n") and "scan" in sizes[0]


# --- attention --------------------------------------------------------------------------------------------------


def test_attention_by_hand() -> None:
    q, k, v = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    e = np.exp(q @ k.T / np.sqrt(3))
    np.testing.assert_allclose(F.scaled_dot_product_attention(q, k, v), e / e.sum(1, keepdims=True) @ v)
    e[:, 1] = 0
    seen = np.array([True, False, True, True])
    np.testing.assert_allclose(F.scaled_dot_product_attention(q, k, v, seen), e / e.sum(1, keepdims=True) @ v)
    nothing = F.scaled_dot_product_attention(q, k, v, np.array([[True] * 4, [False] * 4]))
    np.testing.assert_array_equal(nothing[1], np.zeros(5))
    gradient = wg.grad(lambda q: np.sum(F.scaled_dot_product_attention(q, k, v, np.zeros((2, 4), bool))))(q)
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))
    with pytest.raises(InvalidArgument, match="is_causal"):
        F.scaled_dot_product_attention(q, k, v, seen, is_causal=True)


def test_what_is_masked_does_not_count() -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    x = rng.normal(size=(2, 5, 4))
    other = x.copy()
    other[0, 3:] = 7.0
    padding = np.zeros((2, 5), bool)
    padding[0, 3:] = True
    for given in (padding, np.where(padding, -np.inf, 0.0)):
        a, w = attention(x, x, x, key_padding_mask=given)
        b, _ = attention(other, other, other, key_padding_mask=given)
        np.testing.assert_allclose(a[0, :3].detach(), b[0, :3].detach())
        np.testing.assert_array_equal(w[0, :, 3:].detach(), np.zeros((5, 2)))
    later = x.copy()
    later[:, 4] = 7.0
    causal = [attention(y, y, y, attn_mask=nn.causal_mask(5), need_weights=False)[0].detach() for y in (x, later)]
    np.testing.assert_allclose(causal[0][:, :4], causal[1][:, :4])
    implied = attention(x, x, x, is_causal=True)[0].detach()
    np.testing.assert_allclose(implied, causal[0])


def test_positions() -> None:
    table = nn.sinusoids(6, 4)
    np.testing.assert_allclose(table[3], [np.sin(3), np.cos(3), np.sin(0.03), np.cos(0.03)])
    assert nn.sinusoids(6, 3).shape == (6, 3)
    assert not nn.PositionalEncoding(4).state_dict() and nn.PositionalEncoding(4).pe.shape == (5000, 4)
    with pytest.raises(InvalidArgument, match="max_len"):
        nn.LearnedPositionalEncoding(4, max_len=2)(np.zeros((3, 4)))


# --- connectionist temporal classification ----------------------------------------------------------------------


def by_all_paths(log_probs: Any, labels: list[int], blank: int) -> float:
    """The probability of the labels, summed over every path that collapses to them."""
    steps, classes = log_probs.shape
    found = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        merged = [a for a, _ in itertools.groupby(path)]
        if [a for a in merged if a != blank] == labels:
            found += np.exp(sum(log_probs[t, a] for t, a in enumerate(path)))
    return -np.log(found)


@pytest.mark.parametrize("blank", [0, 2])
def test_ctc_is_the_sum_over_all_paths(blank: int) -> None:
    x = F.log_softmax(rng.normal(size=(5, 3, 3)), -1)
    one, two = [n for n in range(3) if n != blank]
    labels = [[one, one], [two], []]
    padded = np.array([[one, one], [two, two], [one, two]])
    steps, lengths = np.array([5, 4, 3]), np.array([2, 1, 0])
    found = F.ctc_loss(x, padded, steps, lengths, blank, "none")
    wanted = [by_all_paths(x[:n, k], labels[k], blank) for k, n in enumerate(steps)]
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(F.ctc_loss(x, np.array([one, one, two]), steps, lengths, blank, "none"), wanted)
    np.testing.assert_allclose(F.ctc_loss(x, padded, steps, lengths, blank), np.mean(wanted / np.array([2, 1, 1])))
    np.testing.assert_allclose(F.ctc_loss(x[:, 1], np.array([two]), 4, 1, blank, "sum"), wanted[1])


def test_impossible_targets() -> None:
    x = F.log_softmax(rng.normal(size=(2, 1, 3)), -1)
    assert F.ctc_loss(x, np.array([[1, 1]]), [2], [2]) == np.inf
    value, gradient = wg.value_and_grad(lambda x: F.ctc_loss(x, np.array([[1, 1]]), [2], [2], zero_infinity=True))(x)
    assert value == 0
    np.testing.assert_array_equal(gradient, np.zeros_like(x))
    with pytest.raises(InvalidArgument, match="input_lengths"):
        F.ctc_loss(x, np.array([[1]]), [3], [1])


# --- around modules ---------------------------------------------------------------------------------------------


def test_vectors_of_parameters() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = nn.utils.parameters_to_vector(model.parameters()).detach()
    held = model[0].weight
    nn.utils.vector_to_parameters(2 * vector, model.parameters())
    assert model[0].weight is held and held.requires_grad and held.is_leaf
    np.testing.assert_allclose(nn.utils.parameters_to_vector(model.parameters()).detach(), 2 * vector)
    with pytest.raises(InvalidArgument, match="13 numbers"):
        nn.utils.vector_to_parameters(np.zeros(5), model.parameters())


def test_summary() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3, dtype=np.float32), nn.BatchNorm2d(2, dtype=np.float32), nn.Flatten())
    model[0].freeze()
    found = nn.summary(model, np.zeros((4, 1, 5, 5), np.float32))
    assert [row.shapes for row in found.rows] == [((4, 18),), ((4, 2, 3, 3),), ((4, 2, 3, 3),), ((4, 18),)]
    assert (found.parameters, found.trainable) == (24, 4)
    assert found.parameter_bytes == 96 and found.buffer_bytes == 2 * 2 * 4 + 8
    assert found.activation_bytes == 3 * 72 * 4
    assert model.training and model[1].training and model[1].num_batches_tracked.item() == 0
    assert nn.summary(model).activation_bytes is None and "–" in str(nn.summary(model))
    tied: Any = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    tied[1].weight = tied[0].weight
    assert nn.summary(tied).parameters == 8 and "BatchNorm2d (1)" in str(found)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN", "rectified", "without biases"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_layer_as_one_op_has_the_gradients_of_its_steps(kind: str, packed: bool) -> None:
    options: dict[str, Any] = {"rectified": {"nonlinearity": "relu"}, "without biases": {"bias": False}}.get(kind, {})
    layer = getattr(nn, kind if kind.isupper() else "RNN")(
        3, 4, num_layers=2, bidirectional=True, batch_first=True, dtype=np.float64, **options
    )
    x, first = rng.normal(size=(3, 5, 3)), [rng.normal(size=(4, 3, 4)) for _ in range(2 if kind == "LSTM" else 1)]

    def loss(parameters: dict[str, Any], x: Any, *first: Any) -> Any:
        given = nn.utils.rnn.pack_padded_sequence(x, [5, 2, 4], batch_first=True, enforce_sorted=False) if packed else x
        out, last = nn.functional_call(layer, parameters, (given, first if kind == "LSTM" else first[0]))
        ends = last if kind == "LSTM" else [last]
        return sum([np.sum(np.sin(part)) for part in [out.data if packed else out, *ends]])

    parameters = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    leaves = [wg.tensor(a, requires_grad=True) for a in (x, *first)]
    loss(dict(layer.named_parameters()), *leaves).backward()
    # Tapes of transforms see every step.
    by_name, *others = wg.grad(loss, tuple(range(1 + len(leaves))))(parameters, x, *first)
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(p.grad, by_name[name], atol=1e-12, err_msg=name)
    for leaf, g in zip(leaves, others, strict=True):
        np.testing.assert_allclose(leaf.grad, g, atol=1e-12)
