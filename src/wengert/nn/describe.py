"""What layers write of themselves in a repr."""

from __future__ import annotations

from typing import Any

__all__ = ["named"]


def named(module: Any, names: str) -> str:
    """Attributes as keyword arguments: ``stride=(1, 1), padding=0``."""
    return ", ".join([f"{name}={getattr(module, name)!r}" for name in names.split()])
