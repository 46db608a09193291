"""Schedules: values, the same as functions, chains and sequences, saving, jit; clipping; averages of weights."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, NonFinite
from wengert.optim import lr_scheduler as lrs, schedules, swa_utils

MAKERS = {
    "lambda": lambda o: lrs.LambdaLR(o, lambda t: 1 / (1 + t)),
    "multiplicative": lambda o: lrs.MultiplicativeLR(o, lambda t: 0.9),
    "step": lambda o: lrs.StepLR(o, 3, 0.5),
    "multistep": lambda o: lrs.MultiStepLR(o, [2, 5, 5], 0.5),
    "constant": lambda o: lrs.ConstantLR(o, 0.25, 4),
    "linear": lambda o: lrs.LinearLR(o, 0.25, 1.0, 5),
    "exponential": lambda o: lrs.ExponentialLR(o, 0.9),
    "polynomial": lambda o: lrs.PolynomialLR(o, 6, 2.0),
    "cosine": lambda o: lrs.CosineAnnealingLR(o, 4, 0.01),
    "restarts": lambda o: lrs.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "one_cycle": lambda o: lrs.OneCycleLR(o, 1.0, 12),
    "three_phase": lambda o: lrs.OneCycleLR(o, 1.0, 12, three_phase=True, anneal_strategy="linear"),
    "cyclic": lambda o: lrs.CyclicLR(o, 0.1, 1.0, 2, 3, mode="triangular2"),
    "exp_range": lambda o: lrs.CyclicLR(o, 0.1, 1.0, 3, mode="exp_range", gamma=0.9),
    "sequential": lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.1, 9), lrs.ExponentialLR(o, 0.9)], [4]),
    "chained": lambda o: lrs.ChainedScheduler([lrs.LinearLR(o, 0.5), lrs.CosineAnnealingLR(o, 6)]),
    "swa": lambda o: swa_utils.SWALR(o, 0.05, 4),
}


def sgd(lr=1.0, **options):
    return wg.optim.SGD([wg.ones(2, requires_grad=True)], lr=lr, momentum=0.9, **options)


def values(scheduler, steps=11):
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        scheduler.step()
    return found


def cos(t, of):
    return (1 + math.cos(math.pi * t / of)) / 2


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("lambda", lambda t: 1 / (1 + t)),
        ("multiplicative", lambda t: 0.9**t),
        ("step", lambda t: 0.5 ** (t // 3)),
        ("multistep", lambda t: 0.5 ** ((t >= 2) + 2 * (t >= 5))),
        ("constant", lambda t: 0.25 if t < 4 else 1),
        ("linear", lambda t: 0.25 + 0.75 * min(t, 5) / 5),
        ("polynomial", lambda t: (1 - min(t, 6) / 6) ** 2),
        ("cosine", lambda t: 0.01 + 0.99 * cos(t, 4)),
        ("restarts", lambda t: 0.01 + 0.99 * (cos(t, 3) if t < 3 else cos(t - 3, 6) if t < 9 else cos(t - 9, 12))),
        ("sequential", lambda t: 0.1 if t < 4 else 0.9 ** (t - 4)),
        ("chained", lambda t: (0.5 + 0.5 * min(t, 5) / 5) * cos(t, 6) if t <= 6 else None),
        ("swa", lambda t: 0.05 + 0.95 * cos(min(t, 4), 4)),
    ],
)
def test_step_sizes_follow_the_formula(name, formula):
    expected = [formula(t) for t in range(11)]
    found = values(MAKERS[name](sgd()))
    wanted = [(f, e) for f, e in zip(found, expected, strict=True) if e is not None]
    np.testing.assert_allclose(*zip(*wanted, strict=True), atol=1e-12)


def test_a_cosine_comes_back_from_the_bottom():
    found = values(lrs.CosineAnnealingLR(sgd(), 3), 8)
    np.testing.assert_allclose(found, [cos(t, 3) for t in range(8)], atol=1e-12)


def test_sequences_nest():
    """The inner one takes its first step when the outer one does (PyTorch's inner ones are a step ahead)."""
    optimizer = sgd()
    inner = lrs.SequentialLR(optimizer, [lrs.ConstantLR(optimizer, 0.5), lrs.ExponentialLR(optimizer, 0.9)], [4])
    found = values(lrs.SequentialLR(optimizer, [inner, lrs.StepLR(optimizer, 1, 0.1)], [6]), 8)
    np.testing.assert_allclose(found, [0.5, 0.5, 0.5, 0.5, 1.0, 0.9, 1.0, 0.1])


def test_momenta_go_against_the_step_size():
    for optimizer in (sgd(), wg.optim.Adam([wg.ones(2, requires_grad=True)])):
        scheduler = lrs.OneCycleLR(optimizer, 1.0, 10, pct_start=0.5)
        group, found = optimizer.param_groups[0], []
        for _ in range(9):
            found.append((group["lr"], group["momentum"] if "momentum" in group else group["betas"][0]))
            scheduler.step()
        found = np.array(found)
        assert found[:, 0].argmax() == found[:, 1].argmin() == 4
        np.testing.assert_allclose(found[[0, 4], 1], [0.95, 0.85])


@pytest.mark.parametrize("name", MAKERS)
def test_saved_and_loaded_they_go_on(name):
    optimizer = sgd()
    scheduler = MAKERS[name](optimizer)
    values(scheduler, 4)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    expected = values(scheduler, 6)
    other = sgd(lr=0.3)
    again = MAKERS[name](other)
    other.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    assert values(again, 6) == expected


@pytest.mark.parametrize("name", ["step", "multistep", "linear", "polynomial", "cosine", "exponential", "lambda"])
def test_a_number_of_a_step_can_be_given(name):
    expected = values(MAKERS[name](sgd()))
    scheduler = MAKERS[name](sgd())
    for t in (7, 3, 0, 9):
        scheduler.step(t)
        np.testing.assert_allclose(scheduler.get_last_lr()[0], expected[t], atol=1e-12)


def test_groups_keep_their_own_step_sizes():
    a, b = (wg.ones(2, requires_grad=True) for _ in range(2))
    optimizer = wg.optim.SGD([{"params": [a], "lr": 1.0}, {"params": [b], "lr": 10.0}])
    scheduler = lrs.LambdaLR(optimizer, [lambda t: 0.5**t, lambda t: 0.1**t])
    scheduler.step()
    np.testing.assert_allclose(scheduler.get_last_lr(), [0.5, 1.0])


def test_a_step_size_that_is_a_tensor_is_written_to():
    lr = wg.tensor(1.0)
    optimizer = wg.optim.SGD([wg.ones(2, requires_grad=True)], lr=lr)
    lrs.ExponentialLR(optimizer, 0.5).step()
    assert optimizer.param_groups[0]["lr"] is lr and lr.item() == 0.5


def test_plateaus():
    for mode, losses in (("min", [3, 2, 2, 2, 2, 1, 1, 1]), ("max", [1, 2, 2, 2, 2, 3, 3, 3])):
        optimizer = sgd()
        scheduler = lrs.ReduceLROnPlateau(optimizer, mode, factor=0.1, patience=1, min_lr=0.05)
        found = []
        for loss in losses:
            scheduler.step(wg.tensor(float(loss)))
            found.append(round(scheduler.get_last_lr()[0], 6))
        assert found == [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.05]
    cooling = lrs.ReduceLROnPlateau(sgd(), factor=0.5, patience=0, cooldown=2)
    for _ in range(6):
        cooling.step(1.0)
    assert cooling.get_last_lr() == [0.25]


def test_functions_of_the_step_give_the_same_as_schedulers():
    for name, function in [
        ("constant", schedules.piecewise([4], [0.25, 1.0])),
        ("linear", schedules.linear(0.25, 1.0, 5)),
        ("exponential", schedules.exponential(1.0, 0.9)),
        ("step", schedules.exponential(1.0, 0.5, steps=3, staircase=True)),
        ("polynomial", schedules.polynomial(1.0, 0.0, 6, 2.0)),
        ("one_cycle", schedules.one_cycle(1.0, 12)),
        ("sequential", schedules.join([schedules.constant(0.1), schedules.exponential(1.0, 0.9)], [4])),
    ]:
        expected = values(MAKERS[name](sgd()))
        np.testing.assert_allclose([float(function(t)) for t in range(11)], expected, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(function(np.arange(11.0)) + np.zeros(11), expected, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(wg.jit(function)(3.0), expected[3], rtol=1e-9, err_msg=name)


def test_functional_optimisers_follow_schedules_inside_a_scan():
    optimizer = wg.optim.sgd(lr=schedules.warmup_cosine(1.0, warmup=2, steps=6))

    def body(carry, _):
        x, state = carry
        x, state = optimizer.update(np.ones(2), state, x)
        return (x, state), x

    x0 = np.zeros(2)
    (x, _), _ = wg.scan(body, (x0, optimizer.init(x0)), None, length=6)
    np.testing.assert_allclose(x, -np.full(2, 0.5 + sum(cos(t, 4) for t in range(4))))


def test_clipping_in_place_is_clipping_of_trees():
    grads = [np.array([3.0, -4.0]), np.array([[12.0]])]
    params = [wg.zeros(g.shape, requires_grad=True) for g in grads]
    for max_norm, share in ((6.5, 6.5 / (13 + 1e-6)), (20.0, 1.0)):
        for p, g in zip(params, grads, strict=True):
            p.grad = wg.tensor(g)
        assert wg.nn.utils.clip_grad_norm_(params, max_norm).item() == 13
        for p, g, c in zip(params, grads, wg.optim.clip_by_global_norm(grads, max_norm), strict=True):
            np.testing.assert_allclose(p.grad.numpy(), g * share)
            np.testing.assert_allclose(c, g * share)
    np.testing.assert_allclose(wg.jit(wg.optim.clip_by_global_norm)(grads, 6.5)[1], [[6.0]], rtol=1e-6)
    assert wg.nn.utils.clip_grad_norm_(params, 100.0, norm_type=np.inf).item() == 12
    assert wg.nn.utils.clip_grad_norm_(params, 100.0, norm_type=1).item() == 19
    wg.nn.utils.clip_grad_value_(params, 3.5)
    assert [p.grad.numpy().tolist() for p in params] == [[3.0, -3.5], [[3.5]]]
    assert wg.nn.utils.clip_grad_norm_([], 1.0).item() == 0
    params[0].grad = wg.tensor([np.inf, 1.0])
    with pytest.raises(NonFinite):
        wg.nn.utils.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)


def test_averages_of_weights():
    model = wg.nn.Sequential(wg.nn.Linear(2, 2), wg.nn.BatchNorm1d(2))
    mean = swa_utils.AveragedModel(model)
    fading = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    own = swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.5))
    seen = []
    for value in (1.0, 2.0, 6.0):
        wg.nn.init.constant_(model[0].weight, value)
        seen.append(value)
        for average in (mean, fading, own):
            average.update_parameters(model)
    for average, expected in ((mean, 3.0), (fading, 3.75), (own, 3.75)):
        np.testing.assert_allclose(average.module[0].weight.detach().numpy(), np.full((2, 2), expected))
        assert average.n_averaged.item() == 3
    assert float(model[0].weight.detach().numpy()[0, 0]) == 6.0
    state = mean.state_dict()
    again = swa_utils.AveragedModel(model)
    again.load_state_dict(state)
    assert again.n_averaged.item() == 3
    np.testing.assert_allclose(again(np.ones((3, 2))).detach().numpy(), mean(np.ones((3, 2))).detach().numpy())


def test_running_statistics_are_computed_anew():
    model = wg.nn.Sequential(wg.nn.BatchNorm1d(2)).eval()
    batches = [(np.full((4, 2), 1.0), 0), (np.array([[3.0, 5.0]] * 2), 1)]
    swa_utils.update_bn(batches, model)
    np.testing.assert_allclose(model[0].running_mean.numpy(), [2.0, 3.0])
    assert not model.training and model[0].momentum == 0.1


def test_refusals():
    o = sgd()
    for make, says in [
        (lambda: lrs.StepLR(0.1, 3), "float"),
        (lambda: lrs.StepLR(o, 0), "step_size=0"),
        (lambda: lrs.ConstantLR(o, 2.0), "factor=2.0"),
        (lambda: lrs.LinearLR(o, 0.0), "start_factor=0"),
        (lambda: lrs.OneCycleLR(o, 1.0), "total_steps=None"),
        (lambda: lrs.OneCycleLR(wg.optim.RMSprop([wg.ones(1, requires_grad=True)], momentum=0.0), 1.0, 0), "=0"),
        (lambda: lrs.CyclicLR(wg.optim.Adagrad([wg.ones(1, requires_grad=True)]), 0.1, 1.0), "no momentum"),
        (lambda: lrs.CyclicLR(o, 0.1, 1.0, mode="square"), "square"),
        (lambda: lrs.CosineAnnealingWarmRestarts(o, 0), "T_0=0"),
        (lambda: lrs.LambdaLR(o, [math.sin, math.cos]), "2 values"),
        (lambda: lrs.ExponentialLR(sgd(), 0.9, last_epoch=3), "initial_lr"),
        (lambda: lrs.SequentialLR(o, [lrs.ExponentialLR(o, 0.9)], [1]), "1 milestones"),
        (lambda: lrs.ChainedScheduler([]), "of one optimiser"),
        (lambda: lrs.ChainedScheduler([lrs.ReduceLROnPlateau(o)]), "ReduceLROnPlateau"),
        (lambda: lrs.ReduceLROnPlateau(o, factor=1.0), "factor=1.0"),
        (lambda: schedules.linear(0.0, 1.0, 0), "steps=0"),
        (lambda: schedules.piecewise([1], [1.0]), "boundaries"),
        (lambda: schedules.one_cycle(1.0, 3), "pct_start=0.3"),
        (lambda: swa_utils.get_ema_avg_fn(2.0), "decay=2.0"),
        (lambda: swa_utils.SWALR(o, 0.1, anneal_strategy="sine"), "sine"),
    ]:
        with pytest.raises(InvalidArgument, match=says):
            make()


def test_the_attributes_of_a_state_are_pytorchs():
    for make, names in [
        (lambda o: wg.optim.lr_scheduler.ConstantLR(o, 0.25, 2), {"factor", "total_iters"}),
        (lambda o: wg.optim.lr_scheduler.CosineAnnealingLR(o, 4, 0.125), {"T_max", "eta_min"}),
        (lambda o: wg.optim.lr_scheduler.StepLR(o, 2), {"step_size", "gamma"}),
    ]:
        schedulers = [make(wg.optim.SGD([wg.ones(1, requires_grad=True)], lr=1.0)) for _ in range(2)]
        state = schedulers[0].state_dict()
        assert {key for key in state if not key.startswith("_")} == names | {"base_lrs", "last_epoch"}
        schedulers[1].load_state_dict(state)
        found = []
        for scheduler in schedulers:
            scheduler.step()
            found.append(scheduler.get_last_lr())
        assert found[0] == found[1]
