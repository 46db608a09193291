"""A small linker: one relocatable ELF object for x86-64 becomes a shared library, without any tool.

    link(object) -> bytes              a shared library that dlopen loads and that `cc main.c -lkernel` links against
    undefined(object) -> list[str]     names that the object uses and does not define

It exists for two reasons: `wg.export` works where no compiler is installed, and a compiled function that lies on disk
as a shared library is loaded in 0.1 ms by dlopen, without importing llvmlite (100 ms).

    file     headers │ .hash .dynsym .dynstr .rela.dyn │ constants │ code │ stubs   data │ GOT │ .dynamic
    memory   └──────────────────── read and execute ──────────────────────────┘   └─ read and write ─┘ .bss

The formats are those of the System V ABI (gABI chapters 4 and 5) and its AMD64 supplement, section 4.4 (relocations).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from wengert.errors import CompilerError, explain

__all__ = ["link", "undefined"]

_PAGE = 0x1000
_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_SHDR = struct.Struct("<IIQQQQIIQQ")
_SYM = struct.Struct("<IBBHQQ")
_RELA = struct.Struct("<QQq")
_DYN = struct.Struct("<QQ")

_PROGBITS, _SYMTAB, _STRTAB, _RELOCATIONS, _HASH, _DYNAMIC, _NOBITS, _DYNSYM = 1, 2, 3, 4, 5, 6, 8, 11
_WRITE, _ALLOC, _EXEC, _TLS = 1, 2, 4, 0x400
_R_64, _R_PC32, _R_PLT32, _R_GLOB_DAT, _R_RELATIVE, _R_GOTPCREL, _R_PC64, _R_GOTPCRELX, _R_REX_GOTPCRELX = (
    1, 2, 4, 6, 8, 9, 24, 41, 42,
)  # fmt: skip
_STUB = 8  # bytes: jmp *slot(%rip), and two of padding


@dataclass
class _Section:
    name: str
    kind: int
    flags: int
    data: bytearray
    size: int
    align: int
    link: int = 0
    info: int = 0
    entry: int = 0
    address: int = 0
    offset: int = 0


@dataclass(frozen=True)
class _Symbol:
    name: str
    info: int
    visibility: int
    section: int  # 0: defined elsewhere
    value: int
    size: int

    @property
    def exported(self) -> bool:
        return self.info >> 4 != 0 and self.section != 0 and self.visibility in (0, 3)


@dataclass
class _Layout:
    """What relocations add to the library while they are applied."""

    slots: dict[int, int] = field(default_factory=dict)  # symbol -> its place in the GOT
    stubs: dict[int, int] = field(default_factory=dict)  # symbol -> its place among the stubs
    dynamic: list[tuple[int, int, int, int]] = field(default_factory=list)  # address, type, symbol, addend


def _string(table: bytes, start: int) -> str:
    return table[start : table.index(b"\0", start)].decode()


def _read(image: bytes) -> tuple[list[_Section], list[_Symbol]]:
    if image[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<HH", image, 16) != (1, 62):
        raise _refusal("it is not a relocatable ELF object for x86-64")
    header = _EHDR.unpack_from(image)
    start, count, names = header[6], header[12], header[13]
    rows = [_SHDR.unpack_from(image, start + k * _SHDR.size) for k in range(count)]
    strings = image[rows[names][4] :][: rows[names][5]]
    sections = []
    for name, kind, flags, _, offset, size, link_, info, align, entry in rows:
        data = bytearray(b"" if kind == _NOBITS else image[offset : offset + size])
        sections.append(_Section(_string(strings, name), kind, flags, data, size, max(align, 1), link_, info, entry))
    table = next((s for s in sections if s.kind == _SYMTAB), None)
    if table is None:
        return sections, []
    strings = bytes(sections[table.link].data)
    symbols = [
        _Symbol(_string(strings, name), info, other & 3, section, value, size)
        for name, info, other, section, value, size in _SYM.iter_unpack(table.data)
    ]
    return sections, symbols


def undefined(image: bytes) -> list[str]:
    """The names that an object uses and does not define itself."""
    return [s.name for s in _read(image)[1] if s.section == 0 and s.name]


def link(image: bytes, needed: Iterable[str] = (), soname: str = "") -> bytes:
    """Make a shared library of one relocatable object.

    Args:
        image: an ELF object for x86-64, compiled position independent for the small code model.
        needed: libraries to be loaded with it, such as ``"libm.so.6"``.
        soname: the name under which programs that are linked against the library will look for it.

    Raises:
        CompilerError: the object holds something that this linker does not know, such as thread-local variables.
    """
    sections, symbols = _read(image)
    parts = [s for s in sections if s.flags & _ALLOC]
    if any(s.flags & _TLS for s in parts):
        raise _refusal("it has thread-local variables")
    fixed = [s for s in parts if not s.flags & _WRITE and not s.flags & _EXEC]
    code = [s for s in parts if s.flags & _EXEC]
    data = sorted((s for s in parts if s.flags & _WRITE), key=lambda s: s.kind == _NOBITS)

    layout = _needs(sections, symbols)
    exported = [k for k, s in enumerate(symbols) if s.exported]
    foreign = [k for k, s in enumerate(symbols) if s.section == 0 and s.name]
    order = {k: n for n, k in enumerate(foreign + exported, 1)}
    strings = _Strings()
    names = [strings.add(symbols[k].name) for k in order]
    libraries = [(1, strings.add(name)) for name in needed]
    if soname:
        libraries.append((14, strings.add(soname)))

    hashed = _Section(".hash", _HASH, _ALLOC, _hash_table([symbols[k].name for k in order]), 0, 8, 2, 0, 4)
    dynsym = _Section(".dynsym", _DYNSYM, _ALLOC, bytearray(_SYM.size * (1 + len(order))), 0, 8, 3, 1, _SYM.size)
    dynstr = _Section(".dynstr", _STRTAB, _ALLOC, strings.data, 0, 1)
    moved = _Section(
        ".rela.dyn", _RELOCATIONS, _ALLOC, bytearray(_RELA.size * len(layout.dynamic)), 0, 8, 2, 0, _RELA.size
    )
    stubs = _Section(".plt", _PROGBITS, _ALLOC | _EXEC, bytearray(_STUB * len(layout.stubs)), 0, 16)
    got = _Section(".got", _PROGBITS, _ALLOC | _WRITE, bytearray(8 * len(layout.slots)), 0, 8, 0, 0, 8)
    dynamic = _Section(".dynamic", _DYNAMIC, _ALLOC | _WRITE, bytearray(), 0, 8, 3, 0, _DYN.size)
    dynamic.data = bytearray(_DYN.size * (10 + len(libraries)))
    bss = [s for s in data if s.kind == _NOBITS]
    read = [hashed, dynsym, dynstr, moved, *fixed, *code, stubs]
    write = [*[s for s in data if s.kind != _NOBITS], got, dynamic, *bss]
    for section in (hashed, dynsym, dynstr, moved, stubs, got, dynamic):
        section.size = len(section.data)

    edge, gap = _place(read, write)
    _relocate(sections, symbols, layout, stubs.address, got.address)
    for symbol, n in layout.stubs.items():
        here = stubs.address + _STUB * n
        slot = got.address + 8 * layout.slots[symbol]
        stubs.data[_STUB * n : _STUB * (n + 1)] = b"\xff\x25" + struct.pack("<i", slot - here - 6) + b"\x66\x90"
    rows = _dynamic_relocations(sections, symbols, layout, got.address, order)
    moved.data[:] = b"".join(_RELA.pack(*row) for row in rows)
    numbers = {id(s): n for n, s in enumerate([*read, *write], 1)}
    dynsym.data[_SYM.size :] = b"".join(
        _SYM.pack(name, symbols[k].info, 0, *_position(sections, symbols[k], numbers), symbols[k].size)
        for name, k in zip(names, order, strict=True)
    )
    entries = [*libraries, (4, hashed.address), (5, dynstr.address), (6, dynsym.address), (10, dynstr.size)]
    entries += [(11, _SYM.size), (7, moved.address), (8, moved.size), (9, _RELA.size)]
    entries += [(0, 0)] * (len(dynamic.data) // _DYN.size - len(entries))
    dynamic.data[:] = b"".join(_DYN.pack(*entry) for entry in entries)
    return _write(read, write, dynamic, edge, gap)


def _needs(sections: list[_Section], symbols: list[_Symbol]) -> _Layout:
    """Look through the relocations for the GOT slots, stubs and dynamic relocations that will be needed."""
    layout = _Layout()
    for section, _, kind, symbol, _ in _relocations(sections):
        outside = symbols[symbol].section == 0
        if kind in (_R_GOTPCREL, _R_GOTPCRELX, _R_REX_GOTPCRELX) or (outside and kind in (_R_PC32, _R_PLT32)):
            layout.slots.setdefault(symbol, len(layout.slots))
        if outside and kind in (_R_PC32, _R_PLT32):
            layout.stubs.setdefault(symbol, len(layout.stubs))
        if kind == _R_64:
            if not section.flags & _WRITE:
                raise _refusal(f"{section.name} would have to be written to")
            layout.dynamic.append((0, 0, 0, 0))
    layout.dynamic += [(0, 0, 0, 0)] * len(layout.slots)
    return layout


def _relocations(sections: list[_Section]) -> list[tuple[_Section, int, int, int, int]]:
    """(section, offset, type, symbol, addend) of every relocation of a section that is loaded."""
    return [
        (sections[table.info], offset, info & 0xFFFFFFFF, info >> 32, addend)
        for table in sections
        if table.kind == _RELOCATIONS and sections[table.info].flags & _ALLOC
        for offset, info, addend in _RELA.iter_unpack(table.data)
    ]


def _place(read: list[_Section], write: list[_Section]) -> tuple[int, int]:
    """Give every section its place; where the writable part starts, and by how much it is moved in memory."""
    offset = _EHDR.size + 3 * _PHDR.size + _PHDR.size
    for section in read:
        offset = -(-offset // section.align) * section.align
        section.offset = section.address = offset
        offset += section.size
    edge = offset = -(-offset // 64) * 64
    for section in write:
        offset = -(-offset // section.align) * section.align
        section.offset, section.address = offset, offset + _PAGE
        offset += section.size
    return edge, _PAGE


def _value(sections: list[_Section], symbol: _Symbol) -> int:
    if symbol.section in range(0xFFF2, 0x10000):
        raise _refusal(f"{symbol.name} has no section of its own")
    return symbol.value if symbol.section == 0xFFF1 else sections[symbol.section].address + symbol.value


def _position(sections: list[_Section], symbol: _Symbol, numbers: dict[int, int]) -> tuple[int, int]:
    """Section number and address of a symbol in the library; zeros for one that is defined elsewhere."""
    if symbol.section == 0:
        return 0, 0
    value = _value(sections, symbol)
    return (numbers[id(sections[symbol.section])] if symbol.section < 0xFFF1 else symbol.section), value


def _relocate(sections: list[_Section], symbols: list[_Symbol], layout: _Layout, stubs: int, got: int) -> None:
    """Write the distances that are known now. In the ABI's letters: S symbol, A addend, P place, G slot in the GOT."""
    for section, offset, kind, number, addend in _relocations(sections):
        place = section.address + offset
        if kind in (_R_PC32, _R_PLT32, _R_PC64):
            outside = symbols[number].section == 0
            if outside and kind == _R_PC64:
                raise _refusal(f"{symbols[number].name} is too far away")
            to = stubs + _STUB * layout.stubs[number] if outside else _value(sections, symbols[number])
            struct.pack_into("<q" if kind == _R_PC64 else "<i", section.data, offset, to + addend - place)
        elif kind in (_R_GOTPCREL, _R_GOTPCRELX, _R_REX_GOTPCRELX):
            struct.pack_into("<i", section.data, offset, got + 8 * layout.slots[number] + addend - place)
        elif kind != _R_64:
            raise _refusal(f"it has a relocation of type {kind}")


def _dynamic_relocations(
    sections: list[_Section], symbols: list[_Symbol], layout: _Layout, got: int, order: dict[int, int]
) -> list[tuple[int, int, int]]:
    """What the dynamic loader has to add: whole addresses, in the GOT and in the data."""
    rows = []
    places = [
        (s.address + offset, n, addend, _R_64) for s, offset, kind, n, addend in _relocations(sections) if kind == _R_64
    ]
    places += [(got + 8 * slot, n, 0, _R_GLOB_DAT) for n, slot in layout.slots.items()]
    for place, number, addend, kind in places:
        if symbols[number].section == 0:
            rows.append((place, order[number] << 32 | kind, addend))
        else:
            rows.append((place, _R_RELATIVE, _value(sections, symbols[number]) + addend))
    return rows


def _hash_table(names: list[str]) -> bytearray:
    """The table by which the dynamic loader finds a name: buckets, each the head of a chain (gABI chapter 5)."""
    buckets = [0] * max(1, len(names))
    chains = [0] * (len(names) + 1)
    for n, name in enumerate(names, 1):
        h = 0
        for byte in name.encode():
            h = (h << 4) + byte
            high = h & 0xF0000000
            h = (h ^ high >> 24) & ~high & 0xFFFFFFFF
        bucket = h % len(buckets)
        chains[n], buckets[bucket] = buckets[bucket], n
    return bytearray(struct.pack(f"<{2 + len(buckets) + len(chains)}I", len(buckets), len(chains), *buckets, *chains))


class _Strings:
    """A string table: names one after the other, each ended by a zero."""

    def __init__(self) -> None:
        self.data = bytearray(b"\0")

    def add(self, name: str) -> int:
        start = len(self.data)
        self.data += name.encode() + b"\0"
        return start


def _write(read: list[_Section], write: list[_Section], dynamic: _Section, edge: int, gap: int) -> bytes:
    """The file: headers, sections at their offsets, and the table of sections that `ld` and debuggers read."""
    held = [s for s in write if s.kind != _NOBITS]
    end = max(s.offset + s.size for s in held)
    memory = max(s.offset + s.size for s in write)
    last = read[-1].offset + read[-1].size
    strings = _Strings()
    names = [strings.add(s.name) for s in [*read, *write]]
    own = strings.add(".shstrtab")
    table = -(-(end + len(strings.data)) // 8) * 8
    image = bytearray(table)
    count = len(names) + 2
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    headers = _EHDR.pack(
        ident, 3, 62, 1, 0, _EHDR.size, table, 0, _EHDR.size, _PHDR.size, 4, _SHDR.size, count, count - 1
    )
    headers += _PHDR.pack(1, 5, 0, 0, 0, last, last, _PAGE)  # PT_LOAD, read and execute
    headers += _PHDR.pack(
        1, 6, edge, edge + gap, edge + gap, end - edge, memory - edge, _PAGE
    )  # PT_LOAD, read and write
    headers += _PHDR.pack(2, 6, dynamic.offset, dynamic.address, dynamic.address, dynamic.size, dynamic.size, 8)
    headers += _PHDR.pack(0x6474E551, 6, 0, 0, 0, 0, 0, 16)  # PT_GNU_STACK: the stack need not be executable
    image[: len(headers)] = headers
    rows = bytearray(_SHDR.size)
    for name, s in zip(names, [*read, *write], strict=True):
        if s.kind != _NOBITS:
            image[s.offset : s.offset + s.size] = s.data
        link_, info = (s.link, s.info) if s.name in (".hash", ".dynsym", ".rela.dyn", ".dynamic") else (0, 0)
        rows += _SHDR.pack(name, s.kind, s.flags & 7, s.address, s.offset, s.size, link_, info, s.align, s.entry)
    image[end : end + len(strings.data)] = strings.data
    rows += _SHDR.pack(own, _STRTAB, 0, 0, end, len(strings.data), 0, 0, 1, 0)
    return bytes(image + rows)


def _refusal(reason: str) -> CompilerError:
    return CompilerError(
        explain(
            f"This object cannot be made a shared library: {reason}.",
            "wengert's own linker knows what LLVM emits for position-independent code of the small model on x86-64.",
            "Write the object file itself and link it with the system's compiler.",
        )
    )
