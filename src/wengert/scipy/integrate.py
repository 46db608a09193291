"""Twins of `scipy.integrate`: sums over samples, integrals of functions, and differential equations."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through
from wengert.scipy.initialvalue import odeint, solve_ivp
from wengert.scipy.quadrature import dblquad, fixed_quad, nquad, quad, quad_vec, tplquad
from wengert.scipy.sampled import cumulative_simpson, cumulative_trapezoid, romb, simpson, trapezoid

__all__ = [
    "cumulative_simpson",
    "cumulative_trapezoid",
    "dblquad",
    "fixed_quad",
    "nquad",
    "odeint",
    "quad",
    "quad_vec",
    "romb",
    "simpson",
    "solve_ivp",
    "tplquad",
    "trapezoid",
]

__getattr__ = fall_through("scipy.integrate")
