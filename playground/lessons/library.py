"""The lessons of this program, and those of a folder of one's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from playground.lessons.lesson import Lesson
from playground.lessons.lesson_file import LessonFileError, load_lesson
from playground.messages import lessons as messages
from playground.places import ROOT

logger = logging.getLogger(__name__)

FOLDER = ROOT / "templates" / "lessons"
"""The folder of the program's own lessons."""
MAX_LESSONS = 50
"""Maximum number of lessons of a folder."""
Library = Mapping[str, Lesson]
"""Lessons by the word in their addresses, in the order of the home page."""


@cache
def own_library() -> Library:
    """Return the program's own lessons. Raises LessonFileError for a file that is wrong."""
    return {lesson.slug: lesson for lesson in map(load_lesson, lesson_files(FOLDER))}


def load_library(folder: Path | None) -> Library:
    """Return the program's lessons, and those of a folder after them. A file that cannot be used is
    left out, and the log says why.
    """
    return dict(own_library()) | {lesson.slug: lesson for lesson in _usable(folder)}


def lesson_files(folder: Path) -> list[Path]:
    """Return the lesson files of a folder, by name."""
    return sorted(folder.glob("*.md"))[:MAX_LESSONS]


def _usable(folder: Path | None) -> Iterator[Lesson]:
    for path in lesson_files(folder) if folder else ():
        try:
            yield load_lesson(path)
        except LessonFileError as error:
            for fault in error.faults:
                logger.warning(messages.fault(str(path), fault.line, fault.step, fault.reason))
        except (OSError, UnicodeDecodeError) as error:
            logger.warning(messages.fault(str(path), 1, "", str(error)))
