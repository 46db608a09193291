"""The structures and functions that trampoline.ll works with: declared once, for the text and for those who fill them.

    expand(text) -> str           spell out the abbreviations `get S.f %p`, `set S.f %p, %v`, `api F(...)`, `sizeof(S)`
    pack(structure, **fields)     the bytes of one of our own structures
    offset(structure, field)      where a field lies

The structures of CPython and NumPy below have had this layout on 64-bit builds with a GIL since Python 3.8, NumPy 2.0.
"""

from __future__ import annotations

import re
import struct

__all__ = ["API", "NUMPY", "expand", "offset", "pack", "size"]

_WIDTH = {"ptr": 8, "i64": 8, "i32": 4, "i16": 2, "i8": 1}
_LETTER = {"ptr": "Q", "i64": "q", "i32": "i", "i16": "h", "i8": "b"}

# Structures of others: field -> (offset, type).
_GIVEN: dict[str, dict[str, tuple[int, str]]] = {
    "Object": {"type": (8, "ptr")},
    "Var": {"size": (16, "i64")},
    "Tuple": {"first": (24, "ptr")},
    "Array": {
        "data": (16, "ptr"),
        "nd": (24, "i32"),
        "dims": (32, "ptr"),
        "descr": (56, "ptr"),
        "flags": (64, "i32"),
        "handler": (88, "ptr"),
    },
    "Block": {"raw": (-16, "ptr"), "capacity": (-8, "i64")},  # in front of the data
    "Descr": {"byteorder": (26, "i8"), "type_num": (28, "i32")},
    # The object that users call, behind the header of every object. Python sees its fields as members.
    "Dispatcher": {
        "vectorcall": (16, "ptr"),
        "fallback": (24, "ptr"),
        "entries": (32, "ptr"),
        "dict": (40, "ptr"),
        "weakrefs": (48, "ptr"),
        "end": (56, "ptr"),
    },
}

# Our own structures: their fields in order.
_OWN: dict[str, dict[str, str]] = {
    # The entries of one dispatcher; pointers to the further ones follow `first`.
    "Table": {"count": "i64", "last": "i64", "first": "ptr"},
    "Input": {
        "kind": "i64",  # 0 array, 1 value behind the object's header, 2 bool, 3 int
        "type": "ptr",
        "scalar": "ptr",  # of an array without axes: another type that it may have, or null
        "descr": "ptr",
        "dims": "ptr",
        "bytes": "i64",
        "nd": "i32",
        "flags": "i32",
        "type_num": "i32",
        "byteorder": "i8",
        "pad": "i8",
        "padding": "i16",
    },
    "Output": {
        "kind": "i64",  # 0 array, 1 scalar, 2 an input's array, 3 large array
        "descr": "ptr",
        "dims": "ptr",
        "reuse": "i64",  # of kind 2: which input; of kind 3: how many bytes
        "nd": "i32",
        "unused": "i32",
    },
    "Entry": {
        "arguments": "i64",  # how many, those by keyword included
        "words": "i64",  # how many are given by keyword; they come last
        "names": "ptr",  # these keywords
        "inputs": "i64",  # how many arrays and numbers the arguments have
        "made": "i64",  # how many objects matching may make
        "outputs": "i64",
        "constants": "i64",
        "buffers": "i64",
        "ins": "ptr",  # Input of each
        "outs": "ptr",  # Output of each
        "walk": "ptr",  # how the arguments nest
        "levels": "i64",  # how deep
        "recipe": "ptr",  # how the results nest
        "depth": "i64",  # of the stack that the recipe needs
        "leaves": "ptr",  # objects that the recipe mentions
        "pointers": "ptr",  # to the constants
        "finish": "ptr",  # a Python function that nests the results instead
        "kernel": "ptr",
        "runtime": "ptr",  # the table of runtime functions, the last buffer
        "owner": "ptr",  # the object that keeps all this alive
        "arena": "i64",  # bytes
        "release": "i64",  # whether to release the GIL
        "hold": "i64",  # whether the inputs lie in lists, which another thread may change
        "reuses": "i64",  # whether an output is written into an input
        "calls": "i64",  # how often the entry ran
    },
}

# The C API: functions by their result type, then objects. `API` says which place of the table @api is whose.
_FUNCTIONS = {
    "Py_IncRef": "void",
    "Py_DecRef": "void",
    "PyErr_BadInternalCall": "void",
    "PyErr_NoMemory": "ptr",
    "PyObject_Vectorcall": "ptr",
    "PyObject_GetAttr": "ptr",
    "PyObject_RichCompareBool": "i32",
    "PyEval_SaveThread": "ptr",
    "PyEval_RestoreThread": "void",
    "PyLong_AsLongLongAndOverflow": "i64",
    "PyErr_Clear": "void",
    "PyDict_New": "ptr",
    "PyDict_Size": "i64",
    "PyDict_Next": "i32",
    "PyDict_SetItem": "i32",
    "PyList_New": "ptr",
    "PyTuple_New": "ptr",
    "PyMem_RawMalloc": "ptr",
    "PyMem_RawFree": "void",
    "madvise": "i32",
    "PyArray_FromAny": "ptr",
    "PyArray_NewFromDescr": "ptr",
    "PyArray_Scalar": "ptr",
}
_DATA = ("PyDict_Type", "PyArray_Type", "Py_True")
NUMPY = {"PyArray_Scalar": 60, "PyArray_FromAny": 69, "PyArray_NewFromDescr": 94}  # their places in NumPy's table
API = {name: place for place, name in enumerate((*_FUNCTIONS, *_DATA))}


def _own_offsets() -> dict[str, dict[str, tuple[int, str]]]:
    places = {}
    for name, fields in _OWN.items():
        place, rows = 0, {}
        for field, kind in fields.items():
            rows[field] = (place, kind)
            place += _WIDTH[kind]
        places[name] = rows
    return places


_FIELDS = _GIVEN | _own_offsets()


def offset(structure: str, field: str) -> int:
    """Where `field` lies in `structure`, in bytes."""
    return _FIELDS[structure][field][0]


def size(structure: str) -> int:
    """The size of one of our own structures in bytes; a multiple of 8."""
    return sum(_WIDTH[kind] for kind in _OWN[structure].values())


def pack(structure: str, **fields: int) -> bytes:
    """The bytes of one of our own structures; fields that are not given are 0."""
    unknown = fields.keys() - _OWN[structure].keys()
    if unknown:
        raise KeyError(f"{structure} has no {', '.join(sorted(unknown))}")
    letters = "".join(_LETTER[kind] for kind in _OWN[structure].values())
    return struct.pack("=" + letters, *(fields.get(field, 0) for field in _OWN[structure]))


_GET = re.compile(r"^( *)(%[\w.]+) = get (\w+)\.(\w+) (%[\w.]+)", re.MULTILINE)
_SET = re.compile(r"^( *)set (\w+)\.(\w+) (%[\w.]+), (%[\w.]+)", re.MULTILINE)
_API = re.compile(r"^( *)(?:(%[\w.]+) = )?api (\w+)(\(.*?\))?(?= *(?:;|$))", re.MULTILINE)
_SIZE = re.compile(r"sizeof\((\w+)\)")


def expand(text: str) -> str:
    """Spell out the abbreviations, so that LLVM can read the text."""
    numbers = iter(range(1 << 30))

    def get(m: re.Match[str]) -> str:
        indent, x, structure, field, p = m.groups()
        place, kind = _FIELDS[structure][field]
        at = f"%get{next(numbers)}"
        return f"{indent}{at} = getelementptr i8, ptr {p}, i64 {place}\n{indent}{x} = load {kind}, ptr {at}"

    def put(m: re.Match[str]) -> str:
        indent, structure, field, p, v = m.groups()
        place, kind = _FIELDS[structure][field]
        at = f"%set{next(numbers)}"
        return f"{indent}{at} = getelementptr i8, ptr {p}, i64 {place}\n{indent}store {kind} {v}, ptr {at}"

    def api(m: re.Match[str]) -> str:
        indent, x, name, arguments = m.groups()
        slot = f"getelementptr ([64 x ptr], ptr @api, i64 0, i64 {API[name]})"
        if arguments is None:
            return f"{indent}{x} = load ptr, ptr {slot}"
        f = f"%api{next(numbers)}"
        result = f"{x} = " if x else ""
        return f"{indent}{f} = load ptr, ptr {slot}\n{indent}{result}call {_FUNCTIONS[name]} {f}{arguments}"

    text = _API.sub(api, _SET.sub(put, _GET.sub(get, text)))
    return _SIZE.sub(lambda m: str(size(m[1])), text)
