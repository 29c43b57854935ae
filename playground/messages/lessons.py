"""What the pages of lessons say. The lessons themselves are written in playground/lessons/."""

from __future__ import annotations

TRY_FIRST = "Try it twice first. Then you can see the solution."
