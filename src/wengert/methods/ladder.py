"""Difference quotients at several step sizes, and what they say about their errors.

The error of a quotient is a V over the step h: truncation falls with h, round-off grows as h falls.

    error  │ ╲                 ╱          |D(h) - f'| ≤ C hᵖ + A noise / hᵈ
           │    ╲           ╱  C hᵖ
           │ noise ╲     ╱                C hᵖ is seen in the difference of two quotients:
           │   / hᵈ   ╲╱                  D(ρh) - D(h) ≈ C hᵖ (ρᵖ - 1)
           └──────────────────── h
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wengert.methods.stencils import Stencil

__all__ = ["Ladder", "Reading"]


class Reading(NamedTuple):
    """The best that a ladder tells, per result.

    value, error: the derivative and a bound on its error. step: h of the (smallest) quotient used. place: its number
    on the ladder. truncation, roundoff: the parts of the error.
    """

    value: Any
    error: Any
    step: Any
    place: Any
    truncation: Any
    roundoff: Any


class Ladder:
    """Quotients of one derivative, the largest step first."""

    def __init__(self, rule: Stencil, extrapolate: bool) -> None:
        self.rule = rule
        self.extrapolate = extrapolate
        self.steps: list[float] = []
        self.quotients: list[Any] = []
        self.roundoffs: list[Any] = []
        self.witness: tuple[Any, Any] | None = None

    def add(self, h: float, values: list[Any], noise: Any, eps: Any, *, witness: bool = False) -> None:
        """Enter the quotient of step h from the function's values at the stencil's points.

        witness: a quotient of a step so small that its error is round-off. It takes no part in an extrapolation, but
        what contradicts it is wrong, such as quotients of a wave by steps longer than the wave.
        """
        with np.errstate(all="ignore"):
            total = sum([w * v for w, v in zip(self.rule.weights, values, strict=True)])
            errors = [abs(w) * np.fmax(noise, eps * np.abs(v)) for w, v in zip(self.rule.weights, values, strict=True)]
            quotient, roundoff = total / h**self.rule.degree, sum(errors) / h**self.rule.degree
            if witness:
                self.witness = quotient, roundoff
                return
            place = sum(h < s for s in self.steps)
            self.steps.insert(place, h)
            self.quotients.insert(place, quotient)
            self.roundoffs.insert(place, roundoff)

    def contradiction(self, value: Any) -> Any:
        """By how much a value is farther from the witness than round-off explains."""
        if self.witness is None:
            return np.zeros(np.shape(value))
        quotient, roundoff = self.witness
        return np.where(np.isfinite(quotient), np.fmax(np.abs(value - quotient) - 2 * roundoff, 0.0), 0.0)

    def read(self, place: int | None = None) -> Reading:
        """The value of the smallest error bound, or the quotient at a place."""
        with np.errstate(all="ignore"):
            return self._tableau() if self.extrapolate else self._quotient(place)

    def _quotient(self, place: int | None = None) -> Reading:
        d = np.stack(self.quotients)
        r = np.fmax(np.stack(self.roundoffs), self._seen_noise(d))
        truncation = np.full(r.shape, np.inf)
        clean = np.full(r.shape, np.inf)
        for k in range(1, len(d)):
            fall = (self.steps[k - 1] / self.steps[k]) ** self.rule.order
            apart = np.abs(d[k] - d[k - 1])
            apart = np.where(np.isnan(apart), np.inf, apart)  # one of them is beyond the function's domain
            # Two quotients may agree by chance; the error seen one step before has not vanished all of a sudden.
            before = np.where(np.isfinite(truncation[k - 1]), truncation[k - 1] / fall / 2, 0.0)
            truncation[k] = np.fmax(2 * apart / (fall - 1), before)
            clean[k] = np.fmax(apart - r[k] - r[k - 1], 0.0) / (fall - 1)
            truncation[k] = np.where(np.isfinite(d[k]), truncation[k], np.inf)
            if k == 1:
                truncation[0], clean[0] = truncation[1] * fall, clean[1] * fall
        error = truncation + r
        error = np.where(np.isnan(error), np.inf, error)
        best = np.argmin(error, axis=0) if place is None else np.full(error.shape[1:], place)
        return self._chosen(d, error, best, clean, r)._replace(step=np.array(self.steps)[best])

    def _seen_noise(self, d: Any) -> Any:
        """The round-off that the quotients show: they should agree the better the smaller the steps are."""
        h = np.array(self.steps).reshape((-1, *[1] * (d.ndim - 1)))
        if len(d) < 3:
            return np.zeros(h.shape)
        last, before = np.abs(d[-1] - d[-2]), np.abs(d[-2] - d[-3])
        fall = (self.steps[-2] / self.steps[-1]) ** self.rule.order
        noise = np.where(last > 4 * before / fall, last, 0.0) * self.steps[-1] ** self.rule.degree
        return np.where(np.isfinite(noise), noise, 0.0) / h**self.rule.degree

    def _tableau(self) -> Reading:
        """Richardson's extrapolation to h = 0, judged by the neighbours in the tableau.

        By Neville's scheme in z = h or h²: T_ij = T_i,j-1 + (T_i,j-1 - T_i-1,j-1) / (z_i-j / z_i - 1)
        (C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", 1982).
        """
        column, noise = list(self.quotients), list(self.roundoffs)
        values, truncations, roundoffs, rows = [], [], [], []
        for j in range(1, len(self.steps)):
            further, further_noise = [], []
            for i in range(j, len(self.steps)):
                ratio = (self.steps[i - j] / self.steps[i]) ** self.rule.stride
                smaller, larger = column[i - j + 1], column[i - j]
                value = smaller + (smaller - larger) / (ratio - 1)
                further.append(value)
                further_noise.append((ratio * noise[i - j + 1] + noise[i - j]) / (ratio - 1))
                values.append(value)
                apart = np.maximum(np.abs(value - smaller), np.abs(value - larger))
                truncations.append(np.maximum(apart, self.contradiction(value)))
                roundoffs.append(further_noise[-1])
                rows.append(i)
            column, noise = further, further_noise
        if not values:
            return self._quotient()
        truncation, roundoff = np.stack(truncations), np.stack(roundoffs)
        error = truncation + roundoff
        error = np.where(np.isnan(error), np.inf, error)
        best = np.argmin(error, axis=0)
        found = self._chosen(np.stack(values), error, best, truncation, roundoff)
        place = np.array(rows)[best]
        return found._replace(step=np.array(self.steps)[place], place=place)

    @staticmethod
    def _chosen(values: Any, error: Any, best: Any, truncation: Any, roundoff: Any) -> Reading:
        def take(a: Any) -> Any:
            return np.take_along_axis(a, best[None], axis=0)[0]

        return Reading(take(values), take(error), best, best, take(truncation), take(roundoff))
