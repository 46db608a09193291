"""Temporaries in the memory of results that are not there yet.

time ->   t ========                     t may lie anywhere in y, beside others, as long as y is nobody's: from the
          y           ===========>       beginning, or from when the input that y lies in is last read
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wengert.compiler.accesses import accesses
from wengert.compiler.emit.facts import memory
from wengert.compiler.emit.types import BYTES
from wengert.compiler.lifetimes import Life, overlap
from wengert.compiler.loops import Buffer, Program
from wengert.compiler.order import checked

__all__ = ["Placed", "hosted", "lines", "put"]

_LINE = 64  # bytes of a cache line
_LEAST, _SMALL = 4096, 1024  # bytes of a result that has guests, and of a guest
_MANY = 64  # results, the largest, and as many guests


class Placed(NamedTuple):
    """A part of some memory that somebody has, and when."""

    start: int
    end: int
    life: Life


def put(size: int, life: Life, placed: list[Placed]) -> int:
    """The first offset where so many bytes are free throughout a life; they are placed there."""
    at = _free(size, life, placed)
    placed.append(Placed(at, at + lines(size), life))
    return at


def _free(size: int, life: Life, placed: list[Placed]) -> int:
    at = 0
    for start, end in sorted([(x.start, x.end) for x in placed if overlap(x.life, life)]):
        if start - at >= lines(size):
            break
        at = max(at, end)
    return at


def lines(size: int) -> int:
    """The bytes of whole cache lines."""
    return -(-max(size, 1) // _LINE) * _LINE


def hosted(
    program: Program, lives: Mapping[Buffer, Life], size: Mapping[Buffer, int]
) -> dict[Buffer, tuple[Buffer, int]]:
    """For temporaries that find room in a result: which, and at which byte. The largest come first."""
    guests = sorted([b for b in lives if size[b] >= _SMALL], key=lambda b: (-size[b], lives[b]))[:_MANY]
    hosts = sorted([y for y in program.outputs if y.bytes >= _LEAST], key=lambda y: y.bytes)[-_MANY:]
    if not guests or not hosts:
        return {}
    taken = _taken(program, hosts)
    found = {}
    for b in guests:
        for y in hosts:
            if BYTES[b.code] > BYTES[y.code]:
                continue  # it may lie where larger numbers may not
            if _free(size[b], lives[b], taken[y]) + size[b] <= y.bytes:
                found[b] = y, put(size[b], lives[b], taken[y])
                break
    return found


def _taken(program: Program, hosts: list[Buffer]) -> dict[Buffer, list[Placed]]:
    """Who has the memory of these results, and when."""
    by_root = {memory(y): y for y in hosts}
    members = {b: by_root[root] for b in (*program.inputs, *program.outputs, *program.temps)
               if (root := memory(b)) in by_root}  # fmt: skip
    first, last = [accesses(program.body, members, late) for late in (False, True)]
    unchanged = checked(program.body) - 1  # until then inputs stay as they are, for whoever repeats a failed program
    taken: dict[Buffer, list[Placed]] = {y: [] for y in hosts}
    for b, y in members.items():
        start = min([a.place[0] for a in first.get(b, ())], default=0)
        end = max([a.place[0] for a in last.get(b, ())], default=-1)
        if b.kind == "input":
            start, end = 0, max(end, unchanged) if end >= 0 else end
        elif b.kind == "output":
            end = len(program.body)
        if end >= start:
            taken[y].append(Placed(0, lines(b.bytes), ((start,), (end,))))
    return taken
