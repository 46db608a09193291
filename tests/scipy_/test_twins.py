"""A twin has SciPy's signature and values, and SciPy's own function never loses a gradient that a twin would carry."""

import importlib
import inspect
import warnings
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
import scipy

import wengert as wg
from tests.draws import Case
from tests.laws.common import CASES, Smooth, close, differentiable, plain, same
from wengert.errors import MissingDependency

TWINS = [(home, name) for home in wg.scipy.HOMES for name in importlib.import_module(f"wengert.scipy.{home}").__all__]
each_twin = pytest.mark.parametrize("home, name", TWINS, ids=lambda part: part)
SAMPLED = [case for case in CASES if case.name.startswith("scipy.")]
each_sample = pytest.mark.parametrize("case", SAMPLED, ids=lambda case: case.id)


def both(home, name):
    """The twin and SciPy's own."""
    ours = getattr(importlib.import_module(f"wengert.scipy.{home}"), name)
    return ours, reduce(getattr, f"{home}.{name}".split("."), importlib.import_module("scipy"))


def parameters(f):
    """The names of the parameters, None where SciPy's is compiled, or a wrapper, and tells none."""
    try:
        found = inspect.signature(f).parameters.values()
    except ValueError:
        return None
    return None if any(p.kind is p.VAR_POSITIONAL for p in found) else [p.name for p in found]


@each_twin
def test_the_signature_is_that_of_scipy(home, name):
    ours, theirs = both(home, name)
    expected = parameters(theirs)
    if expected is not None and not isinstance(theirs, np.ufunc):  # PyTorch's `dim` may come after SciPy's
        assert parameters(ours)[: len(expected)] == expected


@each_twin
def test_a_twin_is_documented(home, name):
    ours, _ = both(home, name)
    assert (ours.__doc__ or "").strip()


class Watched:
    """SciPy's own function, class or object, that counts how often it is used."""

    def __init__(self, theirs):
        self.theirs, self.uses = theirs, 0

    def __call__(self, *args, **kwargs):
        self.uses += 1
        return self.theirs(*args, **kwargs)

    def __getattr__(self, name):
        self.uses += 1
        return getattr(self.theirs, name)


def swapped(case, monkeypatch):
    """The case with SciPy's own function in place of the twin, and that function under watch."""
    home, name, *method = twin_of(case)
    ours, theirs = both(home, name)
    watched = Watched(theirs)
    direct = reduce(getattr, method, ours)
    if case.sample.function == direct:
        function = reduce(getattr, method, watched) if method else watched
        return Case(replace(case.sample, function=function), case.number, case.serial), watched
    monkeypatch.setattr(f"wengert.scipy.{home}.{name}", watched)
    return case, watched


def twin_of(case):
    """The module, the name and perhaps the method that a sample is named after."""
    path = case.name.removeprefix("scipy.")
    for home, name in TWINS:
        if f"{path}.".startswith(f"{home}.{name}."):
            return [home, name, *path.removeprefix(f"{home}.{name}").split(".")[1:]]
    raise AssertionError(f"{case.name} is the name of no twin")


@each_sample
def test_the_value_is_that_of_scipy(case, monkeypatch):
    ours = plain(case.f, *case.operands())
    theirs, watched = swapped(case, monkeypatch)
    same(ours, plain(theirs.f, *case.operands()), 2e-5 if case.single else 1e-9)
    assert watched.uses, "the sample does not look its function up in the module of twins"


def lost(f, *operands):
    """The gradient, or the messages of the errors that keep it from being lost."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return f(*operands)
        except Exception as error:
            # SciPy's compiled code may have put an error of its own in the place of ours; or it called back with ours
            # pending, which Python drops at the first attribute that it does not find in its cache. A note says so.
            causes = [error, error.__cause__, error.__context__, *getattr(error, "__notes__", ())]
            return " ".join(map(str, causes))


@pytest.mark.parametrize("case", [case for case in SAMPLED if differentiable(case)], ids=lambda case: case.id)
def test_scipys_own_function_loses_no_gradient(case, monkeypatch):
    """It differentiates right, or the error names the twin."""
    p = Smooth(case)
    every = tuple(range(len(p.xs)))
    expected = plain(wg.grad(p.phi, every), *p.xs)
    p.case, _ = swapped(case, monkeypatch)
    found = lost(wg.grad(p.phi, every), *p.xs)
    if isinstance(found, str):
        assert "wengert.scipy." in found
    else:
        close(found, expected, 2e-5 if case.single else 1e-8)


def test_other_names_are_scipys_own():
    assert wg.scipy.linalg.hilbert.__wrapped__ is scipy.linalg.hilbert
    assert wg.scipy.linalg.LinAlgError is scipy.linalg.LinAlgError
    assert wg.scipy.constants is scipy.constants
    with pytest.raises(AttributeError):
        wg.scipy.linalg.nonsense  # noqa: B018


def test_the_error_has_three_lines_and_names_the_users_line():
    with pytest.raises(wg.errors.LostGradient, match=r"test_twins\.py:\d+") as caught:
        wg.grad(lambda x: scipy.integrate.simpson(x))(np.ones(5))
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("scipy.integrate.simpson at ")
    assert lines[2].startswith("Write wengert.scipy.integrate.simpson,")


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_the_bridge_goes_on_where_there_is_no_twin():
    """np.asarray on a line of the user's own that SciPy calls asks for no twin."""
    found = wg.grad(lambda x: np.sum(np.asarray(x) ** 2))(np.arange(3.0))
    np.testing.assert_allclose(found, [0.0, 2.0, 4.0])


def test_an_older_scipy_is_refused(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(scipy, "__version__", "1.14.0")
        with pytest.raises(MissingDependency, match=r"needs SciPy 1\.17, and 1\.14\.0 is installed"):
            importlib.reload(wg.scipy)
    importlib.reload(wg.scipy)
