"""Checks for a user's own functions and ops: the laws that every row of the rule book obeys."""

from wengert.testing.check import check_grads
from wengert.testing.report import Check, Report

__all__ = ["Check", "Report", "check_grads"]
