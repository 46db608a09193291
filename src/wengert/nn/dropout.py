"""Dropout as layers: active in training, nothing in use (`eval`)."""

from __future__ import annotations

from typing import Any, ClassVar

from wengert.errors import user_line
from wengert.nn import functional
from wengert.nn.describe import named
from wengert.nn.functional.arguments import out_of
from wengert.nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    """A function of `nn.functional` that is active in training; p: the probability of being dropped."""

    _name: ClassVar[str]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise out_of(f"{type(self).__name__} at {user_line()} got p={p}.", "from 0.0 to 1.0")
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        """The input, thinned out in training."""
        return getattr(functional, self._name)(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return named(self, "p inplace")


class Dropout(_Dropout):
    """Entries set to zero with probability p, the others divided by 1 - p.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Dropout(0.3).eval()(np.ones(2)), wg.nn.Dropout(1.0)(np.ones(2))
    (array([1., 1.]), array([0., 0.]))
    """

    _name = "dropout"


class Dropout1d(_Dropout):
    """Whole channels of signals set to zero with probability p.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Dropout1d(1.0)(np.ones((1, 2)))
    array([[0., 0.]])
    """

    _name = "dropout1d"


class Dropout2d(_Dropout):
    """Whole channels of images set to zero with probability p.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Dropout2d(1.0)(np.ones((1, 1, 2)))
    array([[[0., 0.]]])
    """

    _name = "dropout2d"


class Dropout3d(_Dropout):
    """Whole channels of volumes set to zero with probability p.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Dropout3d(1.0)(np.ones((1, 1, 1, 2)))
    array([[[[0., 0.]]]])
    """

    _name = "dropout3d"


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for `SELU`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.AlphaDropout(0.5).eval()(np.ones(2))
    array([1., 1.])
    """

    _name = "alpha_dropout"


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.FeatureAlphaDropout(0.5).eval()(np.ones((1, 2)))
    array([[1., 1.]])
    """

    _name = "feature_alpha_dropout"
