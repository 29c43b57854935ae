"""What a player of a run can do. There are two kinds: `LocalPlayer` advances the run in this
process, `ClusterPlayer` lets workers advance it and shows what they publish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.inspection.frames import ViewOptions


class Player(Protocol):
    """Advances one run."""

    def play(self) -> None:
        """Let the run play until it is paused, diverges, meets its stop rule, or has no viewers
        left. If its stop rule has ended it, it plays on.
        """

    def pause(self) -> None:
        """Stop playing. When this returns, the run stands still."""

    def change(self, edit: Callable[[], None]) -> None:
        """Edit the live run while nobody advances it, and show the result to everyone."""

    def look(self, token: str, view: ViewOptions) -> None:
        """Show this view on the page with this token, whichever process serves it."""

    def expect(self) -> None:
        """Wait some seconds for a viewer: a page that shows the run has just been sent."""

    def came(self, token: str) -> None:
        """Take note of a viewer: the page with this token."""

    def hide(self, token: str, seconds: float) -> None:
        """Play on for this long for a page that its browser hides."""

    def unhide(self, token: str) -> None:
        """Play on for a page no longer: it is closed."""

    def left(self) -> None:
        """Take note that the last viewer left."""

    def refresh(self) -> None:
        """Bring the live run up to what other processes have made of it. Raises KeyError if it
        was deleted.
        """

    def release(self) -> None:
        """Let go of the run: this process shows it no longer."""
