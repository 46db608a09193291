"""A Python type with a vectorcall function of its own, described to CPython through ctypes.

    vectorcall_type(base) -> type       instances run the function whose address is in their field ``_vectorcall``

The fields are those of `layout`'s Dispatcher. The garbage collector's functions are those of any Python class
(`subtype_traverse` and its siblings): they find the objects that we hold through the list of members, as they find
those of ``__slots__``.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wengert.compiler import layout

__all__ = ["vectorcall_type"]


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _GetSet(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("get", ctypes.c_void_p),
        ("set", ctypes.c_void_p),
        ("doc", ctypes.c_char_p),
        ("closure", ctypes.c_void_p),
    )


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("value", ctypes.c_void_p))


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.c_void_p),
    )


# From CPython's typeslots.h, structmember.h and object.h; the stable ABI fixes them.
_CALL, _CLEAR, _DEALLOC, _TRAVERSE, _MEMBERS, _GETSET = 50, 51, 52, 71, 72, 73
_OBJECT, _ADDRESS, _SIZE, _READONLY = 16, 18, 19, 1
_HAVE_VECTORCALL, _HAVE_GC, _DEFAULT = 1 << 11, 1 << 14, 1 << 18
_immortal: list[Any] = []  # what the types point to

_MEMBERS_OF_DISPATCHER = {
    "__vectorcalloffset__": (_SIZE, "vectorcall", _READONLY),
    "__dictoffset__": (_SIZE, "dict", _READONLY),
    "__weaklistoffset__": (_SIZE, "weakrefs", _READONLY),
    "_vectorcall": (_ADDRESS, "vectorcall", 0),
    "_fallback": (_OBJECT, "fallback", 0),
    "_entries": (_OBJECT, "entries", 0),
}


def vectorcall_type(base: type) -> Any:
    """The type derived from `base`, a class whose instances have no fields of their own."""
    python = ctypes.pythonapi
    members = (_Member * (len(_MEMBERS_OF_DISPATCHER) + 1))()
    for member, (name, (kind, field, flags)) in zip(members, _MEMBERS_OF_DISPATCHER.items(), strict=False):
        member.name, member.type, member.flags = name.encode(), kind, flags
        member.offset = layout.offset("Dispatcher", field)
    getset = (_GetSet * 2)()
    getset[0].name = b"__dict__"
    getset[0].get, getset[0].set = _address(python.PyObject_GenericGetDict), _address(python.PyObject_GenericSetDict)

    slot_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_int)(("PyType_GetSlot", python))
    ordinary: Any = type("Ordinary", (), {})
    values = {
        _CALL: _address(python.PyVectorcall_Call),
        _MEMBERS: ctypes.addressof(members),
        _GETSET: ctypes.addressof(getset),
        **{slot: slot_of(ordinary, slot) for slot in (_TRAVERSE, _CLEAR, _DEALLOC)},
    }
    slots = (_Slot * (len(values) + 1))()
    for place, (slot, value) in zip(slots, values.items(), strict=False):
        place.slot, place.value = slot, value

    spec = _Spec()
    spec.name = f"{base.__module__}.{base.__name__}".encode()
    spec.basicsize, spec.flags = layout.offset("Dispatcher", "end"), _DEFAULT | _HAVE_GC | _HAVE_VECTORCALL
    spec.slots = ctypes.addressof(slots)
    signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object)
    make = signature(("PyType_FromSpecWithBases", python))
    made = make(ctypes.addressof(spec), (base,))
    _immortal.extend([members, getset, slots, spec, made])
    return made


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value
