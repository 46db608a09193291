"""Training steps compiled whole: closed-over tensors, their gradients and optimisers' buffers, against eager steps."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import wengert as wg
import wengert.nn.functional as F
from tests.compiler.jitting import same
from tests.compiler.steps import INPUTS, LABELS, states, training
from wengert.errors import RecompilationWarning, TapeError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("tensors", [False, True])
@pytest.mark.parametrize(
    "options",
    [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}],
)
def test_steps_agree_with_eager_steps(options, tensors):
    x, y = (wg.tensor(INPUTS), wg.tensor(LABELS)) if tensors else (INPUTS, LABELS)
    model, opt, step = training(options)
    other, other_opt, eager = training(options)
    params = model.parameters()
    compiled = wg.jit(step)
    for n in range(6):
        got, want = compiled(x, y), eager(x, y)
        np.testing.assert_allclose(got.item(), want.item(), rtol=1e-12)
        same(states(model, opt), states(other, other_opt), 1e-12)
        if n == 1:
            traces = compiled.traces
    assert compiled.traces == traces <= 2
    assert all(a is b for a, b in zip(params, model.parameters(), strict=True))
    assert all(p.is_leaf and p.requires_grad for p in params)


def test_float32_parameters_stay_float32():
    model, opt, step = training({"lr": 0.1, "momentum": 0.9}, np.float32)
    compiled = wg.jit(step)
    for _ in range(4):
        compiled(INPUTS.astype(np.float32), LABELS)
    assert all(p.dtype == p.grad.dtype == np.float32 for p in model.parameters())
    assert all(v.dtype == np.float32 for s in opt.state.values() for v in s.values())


def test_gradients_accumulate_over_two_backward_calls():
    def make():
        w = wg.tensor([1.0, -2.0, 0.5], requires_grad=True)
        opt = wg.optim.SGD([w], lr=0.05)

        def step(x):
            opt.zero_grad(set_to_none=False)
            for scale in (1.0, 3.0):
                np.sum((w * x * scale - 1) ** 2).backward()
            opt.step()
            return w.grad.sum().item()

        return w, step

    (w, step), (v, eager) = make(), make()
    compiled = wg.jit(step)
    for n in range(5):
        x = np.arange(3.0) + n
        same(compiled(x), eager(x), 1e-12)  # a float, as item() gives
        same((w.detach().numpy(), w.grad.numpy()), (v.detach().numpy(), v.grad.numpy()), 1e-12)


def test_gradients_that_are_never_cleared():
    w, v = (wg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    compiled = wg.jit(lambda x: np.sum(w**2 * x).backward())
    for n in range(4):
        held = w.grad
        assert compiled(n + 1.0) is None
        np.sum(v**2 * (n + 1.0)).backward()
        same(w.grad.numpy(), v.grad.numpy())
        assert held is None or held is w.grad  # accumulation is in place
    assert compiled.traces == 2


def test_a_pure_function_of_closed_over_parameters_has_their_gradients():
    w = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    f = lambda x: np.sum(np.sin(w * x)) * w[0]
    compiled = wg.jit(f)
    for n in range(3):
        x = np.ones(3) * (n + 1)
        want = f(x)
        want.backward()
        expected, w.grad = w.grad.numpy(), None
        loss = compiled(x)
        same(loss.item(), want.item(), 1e-12)
        assert loss.requires_grad and not loss.is_leaf
        loss.backward()
        same(w.grad.numpy(), expected, 1e-12)
        w.grad = None
    assert compiled.traces == 1


def test_gradients_of_tensors_given_as_arguments():
    compiled = wg.jit(lambda x, y: (np.sum(x * y), x.detach() * 2, y))
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = wg.tensor([3.0, 4.0])
    for _ in range(2):
        loss, twice, same_y = compiled(x, y)
        loss.backward()
        assert not twice.requires_grad and same_y is y
    same(x.grad.numpy(), np.array([6.0, 8.0]))
    with wg.no_grad():
        assert not compiled(x, y)[0].requires_grad
    again = wg.autograd.grad(compiled(x * 2, y)[0], x)[0]
    same(again.numpy(), np.array([6.0, 8.0]))


def test_create_graph_through_a_compiled_function():
    x = wg.tensor([0.5, 2.0], requires_grad=True)
    f = wg.jit(lambda x: np.sum(np.exp(x) * x))
    (g,) = wg.autograd.grad(f(x), x, create_graph=True)
    (h,) = wg.autograd.grad(np.sum(g), x)
    v = x.detach().numpy()
    same(h.numpy(), np.exp(v) * (v + 2), 1e-12)


def test_transforms_of_a_function_with_closed_over_parameters():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    f = wg.jit(lambda x: np.sum(w * x**2))
    same(
        wg.grad(lambda x: f(x).detach())(np.ones(2)) if False else wg.grad(f)(np.ones(2)).detach().numpy(),
        np.array([2.0, 4.0]),
    )
    out = wg.vmap(f)(np.eye(2))
    out.sum().backward()
    same(w.grad.numpy(), np.ones(2))


def test_running_statistics_with_a_tracked_result():
    def make():
        w, mean = wg.tensor([1.0, 2.0], requires_grad=True), wg.zeros(2)

        def forward(x):
            with wg.no_grad():
                mean.copy_(0.9 * mean + 0.1 * x)
            return np.sum(w * x * mean)

        return w, mean, forward

    (w, mean, f), (v, mean2, eager) = make(), make()
    compiled = wg.jit(f)
    for n in range(3):
        for function, leaf in ((compiled, w), (eager, v)):
            leaf.grad = None
            function(np.array([1.0, n])).backward()
        same((mean.numpy(), w.grad.numpy()), (mean2.numpy(), v.grad.numpy()))


def test_no_grad_parts_do_not_conduct():
    w = wg.tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        with wg.no_grad():
            scale = (w * x).sum()
        return np.sum(w) * scale

    f(np.ones(2)).backward()
    want, w.grad = w.grad.numpy(), None
    wg.jit(f)(np.ones(2)).backward()
    same(w.grad.numpy(), want)


def test_views_and_detached_copies_see_the_update():
    w = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    view, other = w.detach(), w.detach()[1:]

    @wg.jit
    def step(x):
        w.grad = None
        np.sum(w * w * x).backward()
        with wg.no_grad():
            w.sub_(0.1 * w.grad)
        return view * 1

    for _ in range(3):
        shown = step(1.0)
        same(view.numpy(), w.detach().numpy())
        same(shown.numpy(), w.detach().numpy())
        same(other.numpy(), w.detach().numpy()[1:])


def test_the_caches_follow_requires_grad_shapes_and_gradients():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    f = wg.jit(lambda x: np.sum(w * x))
    f(1.0).backward()
    w.requires_grad_(False)
    assert not f(1.0).requires_grad
    w.requires_grad_(True)
    assert f(1.0).requires_grad and f.traces == 2
    w.data = np.ones(3)
    same(f(2.0).item(), 6.0)
    assert f.traces == 3


def test_nothing_is_changed_when_the_function_raises():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    w.grad = wg.ones(2)
    grad, value = w.grad, w.detach().numpy()

    def step(x):
        w.grad = None
        np.sum(w * x).backward()
        with wg.no_grad():
            w.mul_(2)
        raise KeyError("late")

    compiled = wg.jit(step)
    for _ in range(2):
        with pytest.raises(KeyError):
            compiled(1.0)
        assert w.grad is grad and w.is_leaf
        same((w.detach().numpy(), grad.numpy()), (value, np.ones(2)))
    (w * w).sum().backward()
    same(w.grad.numpy(), 1 + 2 * value)


GLOBAL = wg.tensor([2.0, 3.0], requires_grad=True)


def test_globals_are_lifted_and_may_be_replaced():
    global GLOBAL
    f = wg.jit(lambda x: np.sum(GLOBAL * x))
    same(f(1.0).item(), 5.0)
    before = GLOBAL
    GLOBAL = wg.tensor([10.0, 20.0], requires_grad=True)
    try:
        loss = f(1.0)
        same(loss.item(), 30.0)
        loss.backward()
        same(GLOBAL.grad.numpy(), np.ones(2))
        assert before.grad is None
    finally:
        GLOBAL = before


def test_random_tensors_are_drawn_anew():
    f = lambda x: x * wg.randn(3) + wg.rand(3)
    compiled = wg.jit(f)
    wg.manual_seed(0)
    got = [compiled(np.ones(3)).numpy() for _ in range(3)]
    wg.manual_seed(0)
    same(got, [f(np.ones(3)).numpy() for _ in range(3)])
    assert compiled.traces == 1


def test_numpys_random_numbers_are_refused():
    with pytest.raises(wg.errors.TracedValue, match=r"np\.random"):
        wg.jit(lambda x: x * np.random.rand())(np.ones(3))
    rng = np.random.default_rng(0)
    with pytest.raises(wg.errors.TracedValue, match="Generator"):
        wg.jit(lambda x: x * rng.random())(np.ones(3))
    with pytest.raises(wg.errors.TracedValue, match="Generator"):
        wg.jit(lambda x, rng: x * rng.random())(np.ones(3), rng)
    fixed = wg.jit(lambda x: x * np.random.default_rng(0).random())
    same(fixed(np.ones(3)), np.ones(3) * np.random.default_rng(0).random())


def test_a_function_that_never_settles_runs_eagerly():
    kept = []
    w = wg.tensor([1.0, 2.0], requires_grad=True)

    @wg.jit
    def f(x):
        y = w * x
        kept.append(y)
        return y.sum()

    with pytest.warns(RecompilationWarning, match="runs eagerly") as caught:
        losses = [f(n).item() for n in (1.0, 2.0, 3.0, 4.0, 5.0)]
    assert len(caught) == 1 and losses == [3.0, 6.0, 9.0, 12.0, 15.0]
    assert len(kept) == 5
    same([y.detach().numpy() for y in kept], [np.array([1.0, 2.0]) * n for n in range(1, 6)])
    kept[1].sum().backward()
    same(w.grad.numpy(), 2 * np.ones(2))


def test_backward_through_a_graph_from_outside_is_refused():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    h = w * 2
    f = wg.jit(lambda x: np.sum(h * x).backward())
    with pytest.raises(TapeError, match="outside"):
        f(1.0)
    loss = wg.jit(lambda x: np.sum(h * x))(3.0)
    loss.backward()
    same(w.grad.numpy(), np.array([6.0, 6.0]))


def test_tensors_made_inside():
    def f(x):
        t = wg.tensor(x, requires_grad=True)
        table = wg.arange(3)
        (np.sum(t**3) + t[table].sum()).backward()
        return t.grad, wg.ones(2), t, wg.stack([t, t]).detach()

    for _ in range(2):
        got, want = wg.jit(f)(np.arange(3.0)), f(np.arange(3.0))
        same(got[:2], want[:2])
        same([x.detach().numpy() for x in got], [x.detach().numpy() for x in want])


def test_a_step_inside_a_compiled_loop():
    (model, opt, step), (other, other_opt, eager) = training({"lr": 0.1}), training({"lr": 0.1})
    one = wg.jit(step)

    @wg.jit
    def epoch(x, y):
        return [one(x[i : i + 5], y[i : i + 5]) for i in range(0, 20, 5)][-1].item()

    for _ in range(3):
        got = epoch(INPUTS, LABELS)
        want = [eager(INPUTS[i : i + 5], LABELS[i : i + 5]) for i in range(0, 20, 5)][-1].item()
        assert got == pytest.approx(want, rel=1e-12)
    same(states(model, opt), states(other, other_opt), 1e-12)


def test_minibatches_that_are_views_of_a_tensor():
    data = wg.tensor(INPUTS)
    w = wg.tensor(np.ones(4), requires_grad=True)
    f = wg.jit(lambda x: np.sum(x @ w))
    for i in range(0, 20, 5):
        assert f(data[i : i + 5]).item() == pytest.approx(np.sum(INPUTS[i : i + 5]))
    assert f.traces == 1


def test_what_is_compiled_is_freed():
    w = wg.tensor([1.0], requires_grad=True)
    f = wg.jit(lambda x: np.sum(w * x))
    f(1.0).backward()
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def test_gradients_inside_no_grad():
    f = wg.jit(lambda x: np.sum(x**3))
    with wg.no_grad():
        same(wg.grad(f)(np.ones(2)), 3 * np.ones(2))
    same(wg.grad(f)(np.ones(2)), 3 * np.ones(2))


def test_compiled_functions_of_plain_arguments_inside_a_trace():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    inner = wg.jit(lambda x: np.sum(w * x))
    noisy = wg.jit(lambda x: x + wg.rand(1)[0])
    inner(1.0), noisy(1.0)
    outer = wg.jit(lambda x: inner(1.0) * x)
    random = wg.jit(lambda x: noisy(1.0) * x)
    assert outer(2.0).item() == 6.0
    with wg.no_grad():
        w.mul_(2)
    assert outer(2.0).item() == 12.0
    outer(3.0).backward()
    same(w.grad.numpy(), 3 * np.ones(2))
    assert random(1.0).item() != random(1.0).item()


def test_dropout_clipping_embeddings_and_a_schedule():
    def make():
        wg.manual_seed(1)
        table, layers = wg.randn(10, 4, requires_grad=True), [wg.randn(4, 4, requires_grad=True) for _ in range(3)]
        opt = wg.optim.SGD([table, *layers], lr=0.05, momentum=0.9, weight_decay=1e-3)

        def step(index, y, train=True):
            opt.zero_grad(set_to_none=False)
            h = table[index]
            for w in layers:
                h = F.relu(h @ w)
                if train:
                    h = h * (wg.rand(*h.shape) > 0.1) / 0.9
            loss = F.mse_loss(h, y)
            loss.backward()
            for p in [table, *layers]:
                np.clip(p.grad, -1, 1, out=p.grad)
            opt.step()
            return loss.item(), (h > 0).mean().tolist()

        return [table, *layers], opt, step

    index, y = RNG.integers(0, 10, 16), RNG.standard_normal((16, 4))
    found = []
    for compile_ in (wg.jit, lambda f: f):
        params, opt, step = make()
        step = compile_(step)
        wg.manual_seed(5)
        values = []
        for n in range(7):
            values.append(step(index, y, train=n != 5))
            opt.param_groups[0]["lr"] *= 0.5 if n > 2 else 1
        found.append((values, [p.detach().numpy() for p in params]))
    same(*found, 1e-10)


@pytest.mark.parametrize("first", [True, False], ids=["first use", "before"])
@pytest.mark.parametrize("left", [True, False], ids=["left", "right"])
def test_a_tensor_first_met_beside_traced_ones_is_seen(first, left):
    w = wg.ones(3, requires_grad=True)
    kept, scale = [] if first else [wg.zeros(3)], wg.ones(3, requires_grad=True)

    @wg.jit
    def step(x):
        w.grad = scale.grad = None
        traced = w * x
        np.sum(scale * traced if left else traced * scale).backward()
        if not kept:
            kept.append(wg.zeros(3))
        kept[0] += w.grad
        return traced

    total = np.zeros(3)
    for n in range(4):
        x = RNG.standard_normal(3)
        with wg.no_grad():
            scale[...] = n + 1.0
        step(x)
        total = total + (n + 1.0) * x
        np.testing.assert_allclose(kept[0].numpy(), total)
        np.testing.assert_allclose(scale.grad.numpy(), x)
