"""Fourier transforms, of NumPy and of SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft

import wengert as wg
from tests.draws import C, F, I, R, S, row

# fmt: off
# --- numpy.fft --------------------------------------------------------------------------------------------------

S("fft", np.fft.fft, [R(5)])
S("rfft", np.fft.rfft, [R(5)])
S("irfft", np.fft.irfft, [C(4)])
for _name in ("fft", "ifft"):
    S(f"fft.{_name}", getattr(np.fft, _name), [R(5)], [C(4)], [C(3, 2), {"axis": 0, "norm": "ortho"}],
      [R(4), {"n": 6, "norm": "forward"}], [C(5), {"n": 3}], [F(4)], [R(1)], [R(0, 3)])
for _name in ("rfft", "ihfft"):
    S(f"fft.{_name}", getattr(np.fft, _name), [R(5)], [R(4)], [R(4, 2), {"axis": 0, "norm": "ortho"}],
      [R(4), {"n": 7, "norm": "forward"}], [R(5), {"n": 2}], [R(3), {"n": 1}], [F(4)], [F(5)])
for _name in ("irfft", "hfft"):
    S(f"fft.{_name}", getattr(np.fft, _name), [C(4)], [C(4), {"n": 7}], [C(3, 2), {"axis": 0, "norm": "ortho"}],
      [C(3), {"n": 8, "norm": "forward"}], [C(5), {"n": 4}], [C(2), {"n": 1}], [R(3)], [F(3)])
for _name in ("fft2", "ifft2", "fftn", "ifftn"):
    S(f"fft.{_name}", getattr(np.fft, _name), [R(2, 3)], [C(2, 3), {"norm": "ortho"}],
      [C(2, 2, 3), {"axes": (0, 2), "s": (3, -1), "norm": "forward"}], [C(3, 2), {"axes": (0, 0), "s": (3, 5)}],
      [F(2, 2)])
for _name in ("rfft2", "rfftn"):
    S(f"fft.{_name}", getattr(np.fft, _name), [R(2, 3)], [R(3, 4), {"norm": "ortho"}],
      [R(2, 2, 3), {"axes": (2, 0), "s": (2, 3), "norm": "forward"}], [F(2, 2)])
for _name in ("irfft2", "irfftn"):
    S(f"fft.{_name}", getattr(np.fft, _name), [C(2, 3)], [C(3, 4), {"norm": "ortho"}],
      [C(2, 2, 3), {"axes": (2, 0), "s": (3, 5), "norm": "forward"}], [R(2, 2)])
for _name in ("fftn", "ifftn"):
    S(f"fft.{_name}", getattr(np.fft, _name), [C(2, 1, 3)], [R(2, 3), {"axes": ()}])
for _name in ("fftshift", "ifftshift"):
    S(f"fft.{_name}", getattr(np.fft, _name), [R(5)], [C(3, 4)], [R(3, 4), {"axes": 1}], [F(4)], [I(3)])

# --- scipy.fft ----------------------------------------------------------------------------------------------------


def twin(name: str, *sets: Any, **flags: Any) -> None:
    """A sample of a twin; the value is SciPy's."""
    S(f"scipy.fft.{name}", getattr(wg.scipy.fft, name), *sets, value=getattr(scipy.fft, name), **flags)


for _name in ("fft", "ifft"):
    twin(_name, [R(5)], [C(4), {"norm": "ortho"}], [R(3, 2), {"n": 4, "axis": 0, "norm": "forward"}], [F(4)])
for _name in ("rfft", "ihfft"):
    twin(_name, [R(5)], [R(4), {"norm": "ortho"}], [R(3, 2), {"n": 4, "axis": 0, "norm": "forward"}], [F(4)])
for _name in ("irfft", "hfft"):
    twin(_name, [C(4)], [C(4), {"n": 7, "norm": "ortho"}], [C(3, 2), {"axis": 0, "norm": "forward"}], [R(3)])
for _name in ("fft2", "ifft2", "fftn", "ifftn"):
    twin(_name, [R(2, 3)], [C(2, 2, 3), {"s": (3, 2), "axes": (0, 2), "norm": "forward"}], [C(3, 2), {"norm": "ortho"}])
for _name in ("rfft2", "rfftn", "ihfft2", "ihfftn"):
    twin(_name, [R(2, 3)], [R(2, 2, 3), {"s": (3, 4), "axes": (0, 2), "norm": "forward"}], [R(3, 2), {"norm": "ortho"}])
for _name in ("irfft2", "irfftn", "hfft2", "hfftn"):
    twin(_name, [C(2, 3)], [C(2, 2, 3), {"s": (3, 5), "axes": (0, 2), "norm": "forward"}], [C(3, 2), {"norm": "ortho"}])
for _name in ("dct", "idct", "dst", "idst"):
    for _type in (1, 2, 3, 4):
        twin(_name, [R(4), {"type": _type}],
             [C(3, 2), {"type": _type, "n": 4, "axis": 0, "norm": "ortho", "orthogonalize": _name[0] == "d"}])
    twin(_name, [R(4), {"norm": "forward"}], [F(4)])
for _name in ("dctn", "idctn", "dstn", "idstn"):
    twin(_name, [R(2, 4)], [C(3, 2), {"type": 3, "s": (4, 2), "norm": "ortho"}],
         [R(2, 2, 4), {"type": 1, "axes": (0, 2), "norm": "forward", "orthogonalize": True}])
for _name in ("fht", "ifht"):
    twin(_name, [R(5), {"dln": 0.1, "mu": 0.5}],
         [R(2, 4), {"dln": 0.2, "mu": 1.0, "offset": 0.3, "bias": 0.2}])
S("cosine_transform", row("cosine_transform"),
  [R(4), {"sine": False, "type": 2, "axes": (0,), "norm": "backward", "orthogonalize": False}])
S("hankel_transform", row("hankel_transform"),
  [R(4), {"dln": 0.1, "mu": 0.5, "offset": 0.0, "bias": 0.1, "inverse": False}],
  [R(0, 4), {"dln": 0.1, "mu": 0.5, "offset": 0.0, "bias": 0.1, "inverse": False}])
