"""What the tests of the call path share."""

from __future__ import annotations

import pytest

from wengert.compiler import callables, capi
from wengert.compiler.trampoline import make


@pytest.fixture(params=["native", "plain"])
def build(request, monkeypatch):
    """`make`, once with the trampoline and once as where there is none."""
    if request.param == "plain":
        monkeypatch.setattr(capi, "native", lambda: False)
        monkeypatch.setattr(callables, "_makers", {})
    elif not capi.native():
        pytest.skip("no trampoline here")
    return make
