"""Small kernels in LLVM text for the tests of the runtime."""

from __future__ import annotations

import numpy as np

from wengert.compiler import cache
from wengert.compiler.trampoline import Entry, Output, Signature
from wengert.spec import Spec

F8 = np.dtype(np.float64)

HEAD = "define i32 @k(ptr %b) {\nentry:\n"


def pointers(count, first=0):
    """`%q0`, `%q1`, ...: the buffers."""
    return "".join(
        f"  %p{i} = getelementptr ptr, ptr %b, i64 {i}\n  %q{i} = load ptr, ptr %p{i}\n"
        for i in range(first, first + count)
    )


def affine(n, factor=2.0, ins=1, status=0, extra=""):
    """out[k] = factor * (sum of the inputs)[k] for k < n; out is the buffer behind the inputs."""
    loads = "".join(
        f"  %a{i} = getelementptr double, ptr %q{i}, i64 %k\n  %v{i} = load double, ptr %a{i}\n" for i in range(ins)
    )
    sums = "  %s0 = fadd double %v0, 0.0\n" + "".join(
        f"  %s{i} = fadd double %s{i - 1}, %v{i}\n" for i in range(1, ins)
    )
    return f"""{HEAD}{pointers(ins + 1)}{extra}  br label %test
test:
  %k = phi i64 [ 0, %entry ], [ %k1, %loop ]
  %more = icmp ult i64 %k, {n}
  br i1 %more, label %loop, label %end
loop:
{loads}{sums}  %r = fmul double %s{ins - 1}, {factor:.6e}
  %o = getelementptr double, ptr %q{ins}, i64 %k
  store double %r, ptr %o
  %k1 = add i64 %k, 1
  br label %test
end:
  ret i32 {status}
}}
"""


def straight(count, body, status=0, extra=""):
    """A kernel without a loop over the buffers `%q0` ... `%q{count - 1}`."""
    return f"{extra}{HEAD}{pointers(count)}{body}  ret i32 {status}\n}}\n"


def library(text):
    return cache.native(text, ["k"])


def minus():
    """The difference of two inputs of two numbers each."""
    return straight(
        3,
        """  %x = load <2 x double>, ptr %q0, align 8
  %y = load <2 x double>, ptr %q1, align 8
  %d = fsub <2 x double> %x, %y
  store <2 x double> %d, ptr %q2, align 8
""",
    )


def entry(text, arguments, outputs, result=0, names=(), **more):
    """A kernel's text as an entry."""
    code = library(text)
    return Entry(Signature(arguments, outputs, result, names), code.address("k"), keep=code, **more)


def doubler(n=4, **more):
    """An entry that doubles n numbers."""
    return entry(affine(n), [Spec((n,), F8)], [Output((n,), F8)], **more)


def remember(*args, **kwargs):
    """A fallback that tells what it got."""
    return "fallback", args, kwargs
