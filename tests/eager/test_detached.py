"""A detached array shares numbers with its tensor, and keeps neither it nor its graph alive."""

import gc
import weakref

import numpy as np

import wengert as wg


def test_writes_are_seen_by_both():
    x = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    d = x.detach()
    part = d[1:]
    part *= 10
    assert x.tolist() == d.tolist() == [1.0, 20.0, 30.0]
    assert x.requires_grad
    assert x.is_leaf
    with wg.no_grad():
        x += 1
    assert part.tolist() == [21.0, 31.0]
    assert d.tolist() == x.tolist()
    x.data[0] = 7.0
    assert d[0] == 7.0


def test_a_detached_view_writes_into_the_base():
    x = wg.tensor(np.zeros((2, 3)), requires_grad=True)
    row = x[1].detach()
    row[2] = 5.0
    assert x[1, 2] == 5.0


def test_it_does_not_keep_the_graph():
    x = wg.tensor(np.ones(3), requires_grad=True)
    y = x * 2
    node = weakref.ref(y.grad_fn)
    d = y.detach()
    del y
    gc.collect()
    assert node() is None
    part = d[1:]
    part += 1
    assert d.tolist() == [2.0, 3.0, 3.0]


def test_a_state_carried_through_many_steps_keeps_one_graph():
    w = wg.tensor(np.eye(3), requires_grad=True)
    h = wg.tensor(np.ones(3))
    nodes = []
    for _ in range(5):
        h = np.tanh(w @ h)
        nodes.append(weakref.ref(h.grad_fn))
        h.sum().backward()
        h = h.detach()
    gc.collect()
    assert sum(node() is not None for node in nodes) == 0
