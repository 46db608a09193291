"""Batches on their way from a worker process: large arrays by shared memory, the rest through a pipe.

A batch is pickled with its arrays out of band (PEP 574). These go into a piece of shared memory, so that a worker need
not wait for the reader: the pipe carries a few hundred bytes, which it buffers. Each worker has as many pieces
("slots") as it may have batches under way, and the reader asks for a batch in a slot only when it has emptied it.

A piece belongs to the worker, which makes, replaces and removes it. Its name follows from the worker, the slot and how
often it was replaced, so that whoever had to kill the worker can remove it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
from multiprocessing import shared_memory
from typing import Any

__all__ = ["LARGE", "Reader", "Writer"]

LARGE = 1 << 15  # bytes; a pipe buffers 64 KiB on Linux
_FOLDER = "/dev/shm"  # where Linux keeps shared memory, whose pages come into being when they are written

Piece = shared_memory.SharedMemory


def _name(token: str, slot: int, generation: int) -> str:
    return f"{token}.{slot}.{generation}"


class Writer:
    """The worker's end. token: begins the names of its pieces."""

    def __init__(self, connection: Any, token: str) -> None:
        self._connection, self._token = connection, token
        self._pieces: dict[int, tuple[int, Piece]] = {}  # by slot: how often it was replaced, and the piece

    def send(self, slot: int, message: Any) -> None:
        """Send a message by a slot that the reader has emptied. Raises what pickling raises, having sent nothing."""
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(message, 5, buffer_callback=buffers.append)
        views = [buffer.raw() for buffer in buffers]
        sizes = [view.nbytes for view in views]
        generation, piece = self._piece(slot, sum(sizes))
        self._connection.send((slot, generation, sizes))
        self._connection.send_bytes(body)
        end = 0
        for view in views:
            start, end = end, end + view.nbytes
            if piece is not None:
                _memory(piece)[start:end] = view
            elif view.nbytes:
                self._connection.send_bytes(view)
        if piece is not None:
            self._connection.send_bytes(b"written")

    def _piece(self, slot: int, size: int) -> tuple[int | None, Piece | None]:
        """Shared memory of a slot, and which it is; None if the pipe has to do."""
        generation, piece = self._pieces.get(slot, (-1, None))
        if size < LARGE:
            return None, None
        if piece is None or piece.size < size:
            if not _fits(size):
                return None, None
            if piece is not None:
                piece.close()
                piece.unlink()
            generation += 1
            piece = Piece(_name(self._token, slot, generation), create=True, size=size + size // 4)
            self._pieces[slot] = generation, piece
        return generation, piece

    def close(self) -> None:
        """Give the shared memory back."""
        for _, piece in self._pieces.values():
            piece.close()
            piece.unlink()
        self._pieces.clear()


class Reader:
    """The other end, of one worker."""

    def __init__(self, connection: Any, token: str) -> None:
        self._connection, self._token = connection, token
        self._pieces: dict[int, tuple[int, Piece]] = {}

    def receive(self) -> Any:
        """The next message. Raises `EOFError` or `OSError` if the worker is gone."""
        slot, generation, sizes = self._connection.recv()
        body = self._connection.recv_bytes()
        if generation is None:
            # An array that is to be written to needs memory that can be.
            parts = [bytearray(self._connection.recv_bytes() if size else b"") for size in sizes]
        else:
            self._connection.recv_bytes()
            whole, parts, end = _memory(self._attached(slot, generation)), [], 0
            for size in sizes:
                parts.append(bytearray(whole[end : end + size]))
                end += size
        return pickle.loads(body, buffers=parts)

    def _attached(self, slot: int, generation: int) -> Piece:
        have, piece = self._pieces.get(slot, (-1, None))
        if piece is None or have != generation:
            if piece is not None:
                piece.close()
            piece = Piece(_name(self._token, slot, generation))
            self._pieces[slot] = generation, piece
        return piece

    def close(self, slots: int, orphaned: bool) -> None:
        """Let go of the shared memory; remove it if its worker was killed, also what was not heard of yet."""
        known = {slot: generation for slot, (generation, _) in self._pieces.items()}
        for _, piece in self._pieces.values():
            piece.close()
        self._pieces.clear()
        for slot in range(slots) if orphaned else ():
            for generation in range(known.get(slot, -1), known.get(slot, -1) + 3):
                with contextlib.suppress(FileNotFoundError):
                    left = Piece(_name(self._token, slot, generation))
                    left.close()
                    left.unlink()


def _memory(piece: Piece) -> memoryview:
    buffer = piece.buf
    assert buffer is not None  # nobody uses a piece after closing it
    return buffer


def _fits(size: int) -> bool:
    """Whether there is room: memory that is not there would kill the process at the first write to it."""
    if not os.path.isdir(_FOLDER):
        return True
    room = os.statvfs(_FOLDER)
    return room.f_bavail * room.f_frsize > 2 * size
