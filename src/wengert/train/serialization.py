"""`save` and `load` of `wengert.train` with PyTorch's arguments."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from wengert.interpreters.placed import check_device
from wengert.train import state

__all__ = ["load", "save"]


def save(obj: Any, f: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a `state_dict`, or what else nests tensors, arrays, numbers and texts, to a file or file object.

    The file is a safetensors file, and holds no code: of a module save ``module.state_dict()``. A path is written
    atomically. Raises `InvalidArgument` for what is none of these.

    >>> import io, wengert as wg
    >>> layer, file = wg.nn.Linear(2, 1), io.BytesIO()
    >>> wg.save(layer.state_dict(), file)
    >>> _ = file.seek(0)
    >>> layer.load_state_dict(wg.load(file))
    Loaded(missing_keys=[], unexpected_keys=[])
    """
    state.save(f, obj)


def load(f: str | os.PathLike[str] | BinaryIO, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` wrote. Of another tool's safetensors file, the arrays by name.

    map_location: the CPU, if anything. weights_only: without effect, because there is nothing else in a file. Raises
    `CorruptFile`, with what is wrong, if the file is torn or was changed.
    """
    check_device(map_location)
    return state.load(f)
