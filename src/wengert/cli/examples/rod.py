"""Heat in an iron rod of half a metre: how warm is its middle after ten minutes? Ordinary NumPy."""

from typing import Any

import numpy as np

POINTS = 41
SPACING = 500 / (POINTS - 1)  # mm
TIME_STEP = 10.0  # s


def middle_temperature(diffusivity: Any, start: Any, ends: Any) -> Any:
    """The temperature in °C in the middle of the rod after ten minutes.

    diffusivity: of the metal, mm²/s. start: temperature of the whole rod at first, °C. ends: temperatures that the two
    ends are held at, °C.
    """
    # Implicit Euler steps of the heat equation: (1 + r) T[i] - r (T[i-1] + T[i+1]) / 2 = T[i] before the step.
    r = 2 * diffusivity * TIME_STEP / SPACING**2
    step = (1 + r) * np.eye(POINTS) - r / 2 * (np.eye(POINTS, k=1) + np.eye(POINTS, k=-1))
    step[0] = step[-1] = 0
    step[0, 0] = step[-1, -1] = 1
    temperature = start * np.ones(POINTS)
    for _ in range(60):
        temperature[[0, -1]] = ends
        temperature = np.linalg.solve(step, temperature)
    return temperature[POINTS // 2]
