"""What distributions share: parameters, shapes, and drawing with or without a derivative."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from wengert import tree
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line, user_stacklevel
from wengert.random.arguments import cast, floating, known, lengths
from wengert.transforms.custom import stop_gradient

__all__ = ["Container", "Distribution", "missing", "within"]


def missing(distribution: Distribution, what: str) -> NotDifferentiable:
    """The error of what a distribution has no formula for."""
    return NotDifferentiable(
        explain(
            f"{type(distribution).__name__}.{what} was called at {user_line()}.",
            "There is no formula for it.",
            "Use means over samples: wg.distributions.Normal(0, 1).sample((1000,)).",
        )
    )


def _accepting(init: Callable[..., None], name: str) -> Callable[..., None]:
    """An ``__init__`` that takes one more argument by its name, which is kept before anything else is done."""

    @functools.wraps(init)
    def accepting(self: Any, *args: Any, **kwargs: Any) -> None:
        if name in kwargs:
            setattr(self, f"_{name}", kwargs.pop(name))
        init(self, *args, **kwargs)

    signature = inspect.signature(init)
    further = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
    accepting.__signature__ = signature.replace(parameters=[*signature.parameters.values(), further])  # type: ignore[attr-defined]
    return accepting


class Container:
    """An object that is a container of its parameters to every transform (`wg.tree`)."""

    further: ClassVar[str]  # the argument that all classes of a kind take, each besides its own
    _names: tuple[str, ...]
    _constants: tuple[Any, ...]

    def __init_subclass__(cls) -> None:
        if "__init__" in cls.__dict__:
            cls.__init__ = _accepting(cls.__dict__["__init__"], cls.further)  # type: ignore[method-assign]

        def unflatten(static: Any, values: Any) -> Any:
            made = object.__new__(cls)
            made._hold(dict(zip(static[0], values, strict=True)), *static[1:])
            return made

        tree.register(cls, lambda d: ([getattr(d, n) for n in d._names], (d._names, *d._constants)), unflatten)

    def _hold(self, parameters: Mapping[str, Any], *constants: Any) -> None:
        """Keep the parameters, which transforms see, and constants, which they do not."""
        self._names, self._constants = tuple(parameters), constants
        for name, value in parameters.items():
            setattr(self, name, value)

    def _with(self, parameters: Mapping[str, Any]) -> Self:
        """One like this of other parameters."""
        made = object.__new__(type(self))
        made._hold(parameters, *self._constants)
        return made

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={getattr(self, name)}" for name in self._names)
        return f"{type(self).__name__}({inner})"


class Distribution(Container):
    """A distribution, or many of them: the parameters are broadcast to `batch_shape`, samples have `event_shape`.

    It is a container of its parameters to every transform (`wg.tree`). A `key` is one of `wg.random`; by default it
    is drawn from the generator of `wg.manual_seed`.

    Every class takes ``validate_args=``: whether parameters that make no sense raise `InvalidArgument`, which they do
    by default, and whether values outside of the support do in `log_prob`, where by default they are worth -inf.

    >>> import wengert as wg
    >>> float(wg.distributions.Exponential(1.0).log_prob(-1.0))
    -inf
    """

    further = "validate_args"
    _validate_args: bool | None = None
    has_rsample: ClassVar[bool] = True
    has_enumerate_support: ClassVar[bool] = False
    positive: ClassVar[tuple[str, ...]] = ()
    probabilities: ClassVar[tuple[str, ...]] = ("probs",)
    event_axes: ClassVar[Mapping[str, int]] = {}  # how many axes of a parameter belong to one sample
    inside: ClassVar[Constraint | None] = None  # the support, where it is the same for all parameters

    def _set(self, **parameters: Any) -> None:
        """Keep the parameters, in one dtype; raises `InvalidArgument` for known ones that make no sense."""
        dtype = floating(None, *parameters.values())
        self._hold({name: cast(value, dtype) for name, value in parameters.items()})
        for name in parameters if self._validate_args is not False else ():
            numbers = known(getattr(self, name))
            if numbers is None:
                continue
            outside = name in self.positive and not np.all(numbers > 0)
            if outside or (name in self.probabilities and not np.all((numbers >= 0) & (numbers <= 1))):
                raise InvalidArgument(
                    explain(
                        f"{type(self).__name__} at {user_line()} got {name}={numbers}.",
                        "It is positive." if outside else "Probabilities are numbers from 0 to 1.",
                        f"Check {name}; np.exp and a sigmoid make such numbers of any.",
                    )
                )

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "log_prob" in cls.__dict__:
            cls.log_prob = _checking(cls.__dict__["log_prob"])  # type: ignore[assignment, method-assign]

    @staticmethod
    def set_default_validate_args(value: bool | None) -> None:
        """What distributions do that are made without ``validate_args=``, see there; None is the default."""
        Distribution._validate_args = value

    def _check_sample(self, value: Any) -> None:
        """Raise `InvalidArgument` for a known value outside of the support."""
        numbers = known(value)
        if numbers is not None and not np.all(self.support.check(numbers)):
            raise InvalidArgument(
                explain(
                    f"{type(self).__name__}.log_prob at {user_line()} got values outside of its support.",
                    f"That is {self.support}.",
                    "Leave validate_args=True out, and the logarithm of their density is -inf.",
                )
            )

    @property
    def _dtype(self) -> Any:
        return floating(None, *[getattr(self, name) for name in self._names])

    @property
    def support(self) -> Constraint:
        """Where samples lie, one of `constraints`."""
        if self.inside is None:
            raise missing(self, "support")
        return self.inside

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """Where the parameters lie, by name."""
        return {name: constraints.independent(self._range(name), self.event_axes.get(name, 0)) for name in self._names}

    def _range(self, name: str) -> Constraint:
        if name in self.positive:
            return constraints.positive
        return constraints.unit_interval if name in self.probabilities else constraints.real

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the parameters, broadcast."""
        return np.broadcast_shapes(*[np.shape(getattr(self, name)) for name in self._names])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return ()

    def _whole(self, x: Any) -> Any:
        """What may depend on some of the parameters only, in the shape and dtype of all."""
        return x + np.zeros(self.batch_shape, self._dtype)

    def expand(self, batch_shape: Any) -> Self:
        """One like this whose parameters are broadcast to a batch of that shape.

        >>> import wengert as wg
        >>> wg.distributions.Normal(0.0, 1.0).expand((3, 2)).sample().shape
        (3, 2)
        """
        batch, parameters = lengths(batch_shape), {}
        for name in self._names:
            x = getattr(self, name)
            shape = np.shape(x)
            parameters[name] = np.broadcast_to(x, (*batch, *shape[len(shape) - self.event_axes.get(name, 0) :]))
        return self._with(parameters)

    def _shape(self, sample_shape: Any) -> tuple[int, ...]:
        return (*lengths(sample_shape), *self.batch_shape)

    def rsample(self, sample_shape: Any = (), key: Any = None) -> Any:
        """Samples, (*sample_shape, *batch_shape, *event_shape), differentiable by the parameters.

        Raises `NotDifferentiable` for distributions of discrete values.
        """
        if not self.has_rsample:
            raise NotDifferentiable(
                explain(
                    f"{type(self).__name__}.rsample was called at {user_line()}.",
                    "Its samples jump when the parameters move, so they have no derivative.",
                    "Use sample(), and (f(x) * d.log_prob(x)) for the gradient of a mean; or a relaxed distribution.",
                )
            )
        return self._draw(self._shape(sample_shape), key)

    def sample(self, sample_shape: Any = (), key: Any = None) -> Any:
        """Samples, (*sample_shape, *batch_shape, *event_shape); no gradient flows."""
        return stop_gradient(self._draw(self._shape(sample_shape), key))

    def sample_n(self, n: int) -> Any:
        """``sample((n,))``, as PyTorch once had it; comes with a `DeprecationWarning`."""
        warnings.warn("sample_n(n) is an older way to say sample((n,)).", DeprecationWarning, user_stacklevel())
        return self.sample((n,))

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        raise NotImplementedError

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density (or probability) at a value; -inf outside of the support."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The mean; NaN where there is none."""
        raise missing(self, "mean")

    @property
    def mode(self) -> Any:
        """Where the density (or probability) is greatest; NaN where that is at no one place."""
        raise missing(self, "mode")

    @property
    def variance(self) -> Any:
        """The variance; NaN where there is none."""
        raise missing(self, "variance")

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return np.sqrt(self.variance)

    def cdf(self, value: Any) -> Any:
        """The probability of a sample that is at most `value`."""
        raise missing(self, "cdf")

    def icdf(self, value: Any) -> Any:
        """The number that a sample exceeds with probability 1 - value."""
        raise missing(self, "icdf")

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        raise missing(self, "entropy")

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values that a sample may have, along a new first axis; expand: for each distribution of the batch."""
        raise missing(self, "enumerate_support")

    def perplexity(self) -> Any:
        """exp(entropy)."""
        return np.exp(self.entropy())


def _checking(log_prob: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A `log_prob` that looks at its value first, if the distribution is to."""

    @functools.wraps(log_prob)
    def checking(self: Any, value: Any) -> Any:
        if self._validate_args:
            self._check_sample(value)
        return log_prob(self, value)

    return checking


def within(inside: Any, value: Any, safe: float) -> Any:
    """The value where it is in the support, and elsewhere a safe one whose result is thrown away."""
    return np.where(inside, value, safe)
