"""The report of a check: one line per law, and of what failed both numbers and the op that is to blame."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Check", "Report"]


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one law.

    law: its name. status: "ok", "failed", "kink" (held by one-sided derivatives) or "skipped". error, tolerance: the
    largest difference, relative to the size of the numbers compared (at least 1), and what was allowed. detail: where
    that was and both numbers, or why it was skipped.
    """

    law: str
    status: str
    error: float = 0.0
    tolerance: float = 0.0
    detail: str = ""


@dataclass(slots=True)
class Report:
    """All checks of a function; prints as a table. blame: what is known about the op that is responsible."""

    function: str
    checks: list[Check] = field(default_factory=list)
    kinks: list[str] = field(default_factory=list)
    blame: str = ""

    @property
    def ok(self) -> bool:
        """Whether no law failed."""
        return not self.failures

    @property
    def failures(self) -> list[Check]:
        """The laws that failed."""
        return [c for c in self.checks if c.status == "failed"]

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        width = max([len(c.law) for c in self.checks], default=3)
        lines = [f"check_grads of {self.function}: {'all laws hold' if self.ok else 'FAILED'}"]
        lines += [f"{'law':<{width}}  result   largest error  allowed", "─" * (width + 33)]
        for c in self.checks:
            numbers = f"{c.error:13.1e}  {c.tolerance:7.0e}" if c.tolerance else " " * 22
            lines.append(f"{c.law:<{width}}  {c.status:<7}{numbers}  {c.detail}".rstrip())
        lines += [f"kink: {text}" for text in self.kinks]
        return "\n".join([*lines, self.blame] if self.blame else lines)

    def __repr__(self) -> str:
        return f"<Report of {self.function}: {len(self.checks)} laws, {len(self.failures)} failed>"
