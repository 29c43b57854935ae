"""Lessons: a way through the labs, step by step.

lecture.py is the text of the first lesson; a new lesson is such a module and an entry in LESSONS.
lesson.py says what a step consists of, checks.py how an attempt is checked, progress.py what a
visitor has passed. Nothing here knows a page.
"""

from playground.lessons.lecture import LECTURE
from playground.lessons.lesson import Lesson

LESSONS: dict[str, Lesson] = {lesson.slug: lesson for lesson in (LECTURE,)}
"""All lessons by the word in their addresses, in the order of the home page."""
