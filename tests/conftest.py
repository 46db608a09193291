"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a test must not fail because the machine is busy. HYPOTHESIS_PROFILE=thorough looks longer.
settings.register_profile("fast", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
