"""Fourier transforms, of NumPy and of SciPy."""

from __future__ import annotations

import numpy as np

from tests.draws import C, F, I, R, S

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
