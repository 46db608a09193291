"""The cases, a module per package."""
