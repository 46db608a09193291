"""The core: boxes and `apply`, the table of ops, views and writes, and the array that users hold."""

from wengert.core import methods as _methods  # noqa: F401 (attaches them)
