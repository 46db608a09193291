"""Twins of `scipy.optimize`."""

from __future__ import annotations

from wengert.scipy.fallthrough import fall_through

__all__: list[str] = []

__getattr__ = fall_through("scipy.optimize")
