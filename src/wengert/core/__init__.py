"""The core: boxes and `apply`, the table of ops, views and writes, and the array that users hold."""
