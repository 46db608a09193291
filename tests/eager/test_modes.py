"""no_grad, enable_grad, set_grad_enabled, inference_mode, anomaly mode."""

import numpy as np
import pytest

import wengert as wg
from wengert.errors import AnomalyDetected


@pytest.fixture
def x():
    return wg.ones(2, requires_grad=True)


def test_no_grad_and_enable_grad_nest(x):
    with wg.no_grad():
        assert not wg.is_grad_enabled() and not (x * 2).requires_grad
        with wg.enable_grad():
            assert wg.is_grad_enabled() and (x * 2).requires_grad
        assert not wg.is_grad_enabled()
    assert wg.is_grad_enabled() and (x * 2).requires_grad


def test_modes_end_when_an_exception_flies(x):
    for make in (wg.no_grad, wg.inference_mode, lambda: wg.set_grad_enabled(False)):
        with pytest.raises(KeyError), make():
            raise KeyError
        assert wg.is_grad_enabled()


def test_one_object_serves_several_blocks(x):
    mode = wg.no_grad()
    with mode, mode:
        pass
    with mode:
        assert not (x * 2).requires_grad
    assert wg.is_grad_enabled()


@pytest.mark.parametrize(
    "make", [wg.no_grad, lambda: wg.no_grad, wg.inference_mode, lambda: wg.set_grad_enabled(False)]
)
def test_decorated_functions(x, make):
    @make()
    def f(y):
        """Doc."""
        return y * 2

    assert wg.is_grad_enabled()
    assert not f(x).requires_grad and f.__name__ == "f" and f.__doc__ == "Doc."
    assert wg.is_grad_enabled()


def test_decorated_generators_are_inside_only_while_their_own_code_runs(x):
    log = []

    @wg.no_grad()
    def generate():
        try:
            sent = yield wg.is_grad_enabled()
            log.append((sent, wg.is_grad_enabled()))
            yield wg.is_grad_enabled()
        except ValueError:
            log.append(("caught", wg.is_grad_enabled()))
            yield 3
        return 7

    g = generate()
    assert next(g) is False and wg.is_grad_enabled()
    assert g.send("a") is False and wg.is_grad_enabled()
    assert g.throw(ValueError) == 3
    with pytest.raises(StopIteration) as stop:
        next(g)
    assert stop.value.value == 7 and log == [("a", False), ("caught", False)]
    generate().close()


def test_set_grad_enabled_works_at_once(x):
    try:
        wg.set_grad_enabled(False)
        assert not (x * 2).requires_grad
    finally:
        wg.set_grad_enabled(True)
    with wg.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_inference_mode(x):
    with wg.inference_mode():
        y = x * 2
        assert wg.autograd.is_inference_mode_enabled()
        with wg.inference_mode(False):
            assert not wg.autograd.is_inference_mode_enabled() and (x * 2).requires_grad
    assert not y.requires_grad and not wg.autograd.is_inference_mode_enabled()
    (x * y).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_transforms_inside_no_grad_still_differentiate(x):
    with wg.no_grad():
        assert wg.grad(lambda z: z * z)(3.0) == 6.0


def test_no_grad_inside_a_transform_makes_constants():
    def f(z):
        with wg.no_grad():
            c = z * z
        return c * z

    assert wg.grad(f)(3.0) == 9.0


def test_leaves_created_in_no_grad_are_leaves():
    with wg.no_grad():
        w = wg.ones(2, requires_grad=True)
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [2.0, 2.0])


def test_backward_works_inside_no_grad(x):
    y = (x * x).sum()
    with wg.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_anomaly_mode_names_the_forward_line():
    z = wg.tensor(0.0, requires_grad=True)
    with wg.autograd.detect_anomaly(), np.errstate(invalid="ignore"):
        y = z / z  # the line
        with pytest.raises(AnomalyDetected) as error:
            y.backward()
    lines = str(error.value).splitlines()
    assert (
        "DivBackward0 returned nan" in lines[0]
        and "test_modes.py:" in lines[1]
        and "y = z / z  # the line" in str(error.value)
    )
    assert z.grad is None and not wg.autograd.is_anomaly_enabled()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_anomaly_mode_without_nan_check_and_as_a_switch():
    z = wg.tensor(0.0, requires_grad=True)
    with wg.autograd.detect_anomaly(check_nan=False):
        (z / z).backward()
    assert np.isnan(z.grad.item())
    switch = wg.autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(AnomalyDetected):
            (z / z).backward()
    finally:
        wg.autograd.set_detect_anomaly(False)
    with switch:
        pass
    with wg.autograd.set_detect_anomaly(True):
        assert wg.autograd.is_anomaly_enabled()
    assert not wg.autograd.is_anomaly_enabled()


def test_anomaly_mode_adds_the_forward_line_to_errors():
    class Broken(wg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ZeroDivisionError("in backward")

    z = wg.tensor(1.0, requires_grad=True)
    with wg.autograd.detect_anomaly():
        y = Broken.apply(z)
        with pytest.raises(ZeroDivisionError, match="in backward") as error:
            y.backward()
    assert any("test_modes.py" in note for note in error.value.__notes__)
