"""Event files that TensorBoard reads: protocol buffers in TFRecords, written by hand because both are small.

    record    length, 8 bytes | its checksum, 4 | data | their checksum, 4        (little-endian)
    Event     1: wall time, double   2: step, varint   3: file version, text   5: Summary   7: SessionLog
    Summary   1: Value { 1: tag, text   2: number, float   5: Histogram }, repeated
    Histogram 1: min  2: max  3: count  4: sum  5: sum of squares  6: upper limits, packed  7: counts, packed  (doubles)

Sources: tensorflow/core/lib/io/record_writer.h, core/util/event.proto and core/framework/summary.proto; the checksum is
CRC-32C (Castagnoli; RFC 3720, B.4), masked as record_writer.h says.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from wengert.core.apply import Box, read

__all__ = ["EventWriter", "crc32c", "records"]


def _crc_table() -> list[int]:
    """CRC-32C of every byte, by the reflected polynomial."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """The checksum of Castagnoli.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """Data as a TFRecord."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def records(path: str | os.PathLike[str]) -> list[bytes]:
    """The data of the records of a file, up to the first that is torn or damaged."""
    raw, place, found = Path(path).read_bytes(), 0, []
    while place + 12 <= len(raw):
        length, end = raw[place : place + 8], place + 12 + int.from_bytes(raw[place : place + 8], "little")
        data = raw[place + 12 : end]
        if raw[place + 8 : place + 12] != _masked(length) or raw[end : end + 4] != _masked(data):
            break
        found.append(data)
        place = end + 4
    return found


# --- protocol buffers: a field is its number and the kind of its value, then the value --------------------------


def _varint(n: int) -> bytes:
    out = bytearray()
    n &= 2**64 - 1  # negative numbers are written as 64 bits
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def _integer(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _double(field: int, x: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", x)


def _float(field: int, x: float) -> bytes:
    with np.errstate(over="ignore"):  # what is too large for a float is infinite
        return _varint(field << 3 | 5) + np.asarray(x, "<f4").tobytes()


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


class EventWriter:
    """Writes scalars and histograms for TensorBoard into a folder.

    clock: gives the time in seconds that is written beside each event. Every event is handed to the system at once, so
    that a killed process loses none.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, EventWriter(folder) as events:
    ...     events.log(1, loss=0.5)
    ...     len(records(events.path))     # the version of the format, and the event
    2
    """

    def __init__(self, folder: str | os.PathLike[str], clock: Callable[[], float] = time.time) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._clock, self.step = clock, -1
        stem = f"events.out.tfevents.{int(clock()):010}.{socket.gethostname()}.{os.getpid()}"
        count = 0
        while True:  # a process may write several files within a second
            self.path = Path(folder, f"{stem}.{count}")
            try:
                self._file = open(self.path, "xb")  # noqa: SIM115 (stays open between events)
                break
            except FileExistsError:
                count += 1
        self._write(_bytes(3, b"brain.Event:2"))

    def _write(self, event: bytes) -> None:
        self._file.write(record(_double(1, self._clock()) + event))
        self._file.flush()

    def _summary(self, step: int, values: list[bytes]) -> None:
        self.step = max(self.step, step)
        self._write(_integer(2, step) + _bytes(5, b"".join([_bytes(1, value) for value in values])))

    def log(self, step: int, **values: Any) -> None:
        """Write numbers of a step, or tensors of one, by name."""
        self.scalars(step, values)

    def scalars(self, step: int, values: Mapping[str, Any]) -> None:
        """Write numbers of a step by tag; TensorBoard groups tags by what stands before a slash."""
        numbers = {tag: float(x.item() if hasattr(x, "item") else x) for tag, x in values.items()}
        self._summary(step, [_bytes(1, tag.encode()) + _float(2, x) for tag, x in numbers.items()])

    def histogram(self, step: int, tag: str, values: Any, bins: int = 30) -> None:
        """Write how the entries of an array are distributed; those that are not finite are left out."""
        x = np.asarray(read(values.detach()) if isinstance(values, Box) else values, np.float64).ravel()
        x = x[np.isfinite(x)]
        counts, edges = np.histogram(x, bins)
        least, most = (x.min(), x.max()) if len(x) else (0.0, 0.0)
        numbers = [least, most, len(x), x.sum(), np.sum(x * x)]
        body = b"".join([_double(n, float(number)) for n, number in enumerate(numbers, 1)])
        body += _bytes(6, edges[1:].astype("<f8").tobytes()) + _bytes(7, counts.astype("<f8").tobytes())
        self._summary(step, [_bytes(1, tag.encode()) + _bytes(5, body)])

    def state_dict(self) -> dict[str, Any]:
        """The last step, after everything up to it is on disk."""
        os.fsync(self._file.fileno())
        return {"step": self.step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let TensorBoard forget the events after that step, which a killed run had written."""
        self.step = state["step"]
        self._write(_integer(2, self.step + 1) + _bytes(7, _integer(1, 1)))  # SessionLog: 1 is START

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
