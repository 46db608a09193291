"""No silent loss: whatever leaves the world of tensors either keeps the derivative or raises."""

import array
import bisect
import cmath
import copy
import ctypes
import decimal
import fractions
import io
import json
import math
import operator
import pickle
import random
import statistics
import struct

import numpy as np
import pytest

import wengert as wg

X = np.array([1.3, 0.7, 2.1])


def into(write, shape=(3,)):
    """The sum of a plain array that was written to."""

    def function(x):
        y = np.zeros(shape)
        write(y, x)
        return np.sum(y)

    return function


def shuffled(x):
    y = np.copy(x)
    np.random.default_rng(0).shuffle(y)
    return np.sum(y * [1.0, 2.0, 3.0])


def saved(x):
    file = io.BytesIO()
    np.save(file, x)
    file.seek(0)
    return np.sum(np.load(file))


ROUTES = {
    # Python's numbers
    "float": lambda x: float(x[0]) * 2,
    "int": lambda x: int(x[0]) * 2.0,
    "complex": lambda x: abs(complex(x[0])),
    "item": lambda x: x[0].item() * 2,
    "item with an index": lambda x: x.item(0) * 2,
    "tolist": lambda x: sum(x.tolist()),
    "math.sin": lambda x: math.sin(x[0]),
    "math.fsum": math.fsum,
    "math.dist": lambda x: math.dist(x, [0, 0, 0]),
    "math.prod": math.prod,
    "math.hypot": lambda x: math.hypot(*x),
    "math.floor": lambda x: math.floor(x[0]) * x[1],
    "cmath": lambda x: abs(cmath.exp(x[0])),
    "statistics.mean": statistics.mean,
    "statistics.fmean": statistics.fmean,
    "statistics.stdev": statistics.stdev,
    "Fraction": lambda x: float(fractions.Fraction(x[0])),
    "Decimal": lambda x: float(decimal.Decimal(x[0])),
    "array.array": lambda x: sum(array.array("d", x)),
    "struct": lambda x: struct.unpack("d", struct.pack("d", x[0]))[0],
    "ctypes": lambda x: ctypes.c_double(x[0]).value,
    "json": lambda x: json.loads(json.dumps(x[0])),
    "text by %": lambda x: float("%.17g" % x[0]),  # noqa: UP031
    "text by str": lambda x: float(str(x[0])),
    "round": lambda x: round(x[0]) * x[0],
    "operator.index": lambda x: [1.0, 2.0, 3.0][operator.index(x[0])],
    "range": lambda x: len(range(x[0])) * 1.0,
    "bisect": lambda x: bisect.bisect([0.0, 1.0], x[0]) * x[0],
    "random.gauss": lambda x: random.Random(0).gauss(x[0], 1),
    "sum, min, max": lambda x: sum(x) * min(x) + max(x, key=abs),
    "sorted": lambda x: sorted(x)[0] * 2,
    # NumPy's numbers and arrays
    "np.float64": lambda x: np.float64(x[0]) * 2,
    "np.float32": lambda x: np.float32(x[0]) * 2,
    "np.float64 of an array": lambda x: np.sum(np.float64(x)),
    "np.int64": lambda x: np.int64(x[0]) * 1.0,
    "np.array": lambda x: np.sum(np.array(x)),
    "np.array as float": lambda x: np.sum(np.array(x, float)),
    "np.array of a list": lambda x: np.sum(np.array([x[0], x[1]])),
    "np.array of a list as float": lambda x: np.sum(np.array([x[0], x[1]], float)),
    "np.array of nested lists": lambda x: np.sum(np.array([[x[0], 1.0], [2.0, x[1]]])),
    "np.array of a generator's list": lambda x: np.sum(np.array([v * v for v in x])),
    "np.asarray as float": lambda x: np.sum(np.asarray(x, dtype=float)),
    "np.ascontiguousarray": lambda x: np.sum(np.ascontiguousarray(x)),
    "np.require": lambda x: np.sum(np.require(x, float)),
    "np.fromiter": lambda x: np.sum(np.fromiter(x, float)),
    "np.frombuffer": lambda x: np.sum(np.frombuffer(x)),
    "bytes": lambda x: np.sum(np.frombuffer(x.tobytes())),
    "memoryview": lambda x: sum(memoryview(x)),
    "dlpack": lambda x: np.sum(np.from_dlpack(x)),
    "np.full": lambda x: np.sum(np.full(3, x[0])),
    "np.full_like": lambda x: np.sum(np.full_like(np.zeros(3), x[0])),
    "np.linspace": lambda x: np.sum(np.linspace(x[0], x[1], 4)),
    "np.arange": lambda x: np.sum(np.arange(0, x[0], 0.1)),
    "np.vectorize": lambda x: np.sum(np.vectorize(lambda v: v * v)(x)),
    "np.nditer": lambda x: sum(v * 1.0 for v in np.nditer(x)),
    "np.ndenumerate": lambda x: sum(v for _, v in np.ndenumerate(x)),
    "flat": lambda x: sum(x.flat),
    "astype to text": lambda x: float(x.astype(str)[0]),
    "astype to objects": lambda x: np.sum(x.astype(object) * 2),
    "astype to integers and back": lambda x: np.sum(x.astype(int).astype(float) * x),
    "astype to complex and back": lambda x: np.sum(x.astype(complex).real),
    "view": lambda x: np.sum(x.view(np.int64)) * 1.0,
    "a structured array": lambda x: np.array([(x[0], 1)], dtype=[("a", float), ("b", int)])["a"][0],
    "a record array": lambda x: np.rec.array([(x[0],)], dtype=[("a", float)]).a[0],
    "a masked array": lambda x: np.ma.array(x, mask=[0, 0, 1]).sum(),
    "argsort": lambda x: np.sum(x[np.argsort(x)] * [1.0, 2.0, 3.0]),
    "argmax": lambda x: x[np.argmax(x)] * 2,
    "searchsorted": lambda x: np.searchsorted([0, 1.0, 2], x[0]) * x[1],
    "a polynomial": lambda x: np.polynomial.Polynomial(x)(2.0),
    "lists in reductions": lambda x: np.mean(np.stack([x[0], x[1]])) + np.sum([x[0], x[1]]) + np.prod([x[0], x[2]]),
    "a mean of objects": lambda x: np.array([x[0], x[1]]).mean(),
    "objects as float": lambda x: np.array([x[0], x[1]]).astype(float).sum(),
    "LAPACK of objects": lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]])),
    "random numbers": lambda x: np.random.default_rng(0).normal(x[0], 1.0),
    "random numbers of an array": lambda x: np.sum(np.random.default_rng(0).normal(x, 1.0)),
    "random choices": lambda x: np.random.default_rng(0).choice(3, p=x / np.sum(x)) * 1.0,
    # writes into plain arrays
    "y[0] = t": into(lambda y, x: operator.setitem(y, 0, x[0])),
    "y[:] = t": into(lambda y, x: operator.setitem(y, slice(None), x)),
    "y[[0, 1, 2]] = t": into(lambda y, x: operator.setitem(y, [0, 1, 2], x)),
    "y[0] += t": into(lambda y, x: operator.setitem(y, 0, y[0] + x[0])),
    "y[:] = objects": into(lambda y, x: operator.setitem(y, slice(2), np.array([x[0], x[1]]))),
    "y.flat[0] = t": into(lambda y, x: operator.setitem(y.flat, 0, x[0])),
    "y += t": into(operator.iadd),
    "fill": into(lambda y, x: y.fill(x[0])),
    "put": into(lambda y, x: np.put(y, [0], x[0])),
    "copyto": into(np.copyto),
    "putmask": into(lambda y, x: np.putmask(y, [True] * 3, x)),
    "place": into(lambda y, x: np.place(y, [True] * 3, x)),
    "put_along_axis": into(lambda y, x: np.put_along_axis(y, np.arange(3), x, 0)),
    "fill_diagonal": into(np.fill_diagonal, (3, 3)),
    "add.at": into(lambda y, x: np.add.at(y, [0, 1, 2], x)),
    "out=": into(lambda y, x: np.sin(x, out=y)),
    "sum, out=": into(lambda y, x: np.sum(x, out=y), ()),
    "dot, out=": into(lambda y, x: np.dot(np.eye(3), x, out=y)),
    "einsum, out=": into(lambda y, x: np.einsum("i,i->", x, x, out=y), ()),
    "concatenate, out=": into(lambda y, x: np.concatenate([x, x], out=y), (6,)),
    "clip, out=": into(lambda y, x: np.clip(x, 0, 1, out=y)),
    "cumsum, out=": into(lambda y, x: np.cumsum(x, out=y)),
    # copies
    "shuffle": shuffled,
    "pickle": lambda x: np.sum(pickle.loads(pickle.dumps(x))),
    "deepcopy": lambda x: np.sum(copy.deepcopy(x) * x),
    "np.save": saved,
}

DERIVE = {
    "reverse": lambda f: wg.grad(f)(X),
    "forward": lambda f: np.array([wg.jvp(f, (X,), (e,))[1] for e in np.eye(3)]),
    "reverse over forward": lambda f: wg.grad(lambda x: wg.jvp(f, (x,), (np.ones(3),))[0])(X),
}


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
@pytest.mark.parametrize("f", ROUTES.values(), ids=ROUTES)
def test_the_derivative_is_right_or_something_is_raised(f):
    for mode, derive in DERIVE.items():
        try:
            found = derive(f)
        except (wg.WengertError, TypeError, ValueError, struct.error, Warning):
            continue  # it said so
        expected = [(float(f(X + e)) - float(f(X - e))) / 2e-6 for e in 1e-6 * np.eye(3)]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6, err_msg=mode)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
@pytest.mark.parametrize("name", [n for n in ROUTES if not n.startswith(("item", "tolist", "pickle", "deepcopy"))])
def test_the_eager_tape_loses_nothing_either(name):
    x = wg.tensor(X, requires_grad=True)
    try:
        y = ROUTES[name](x)
    except (wg.WengertError, TypeError, ValueError, struct.error, Warning):
        return
    found = np.zeros(3)
    if isinstance(y, wg.Tensor) and y.requires_grad:
        y.backward()
        found = x.grad.numpy()
    f = ROUTES[name]
    expected = [(float(f(X + e)) - float(f(X - e))) / 2e-6 for e in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_something_is_tried():
    """Routes that keep the derivative, and routes that raise: both occur."""
    kept = {n for n, f in ROUTES.items() if not raises(f)}
    assert {"tolist", "np.array of a list", "np.full", "argsort", "sorted"} <= kept
    assert {"float", "y[0] = t", "np.float64", "out=", "astype to text", "random numbers"}.isdisjoint(kept)


def raises(f):
    try:
        wg.grad(f)(X)
    except (wg.WengertError, TypeError, ValueError, struct.error, Warning):
        return True
    return False
