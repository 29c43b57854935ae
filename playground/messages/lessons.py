"""What the pages of lessons say, and what is wrong with a lesson file. The lessons themselves are
Markdown files in templates/lessons.
"""

from __future__ import annotations

from playground.messages import count
from playground.messages.slips import SIGN as SIGN

TRY_FIRST = "Try it three times first. Then you can see the solution."
WRONG = "Not {typed}. {slip}"
NUMBER_IN_LIST = "{value} as the {place} number"
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
OTHER_ORDER = "These are the right numbers in another order."
CHOOSE = "Choose one of the answers."
CHANGED_NUMBER = (
    "{name} is {now} here, but this step needs {name} = {then}. Set it back, or start the step "
    "again."
)
A_CONSTANT = "a constant"
NOTHING_YET = "There is nothing to read yet. Do what the step asks for first."

NO_LEAF = "the text has no number called {name}"
CANNOT_OPEN = "{name} is no operation that can be taken apart"
FEW_GRADIENTS = "the walk has only {right} gradients to predict"
NO_SETTING = "there is no setting {name}"
OUT_OF_REACH = "{what} does not get there within {steps} steps"
CHOICE_NEEDS_REASON = "a wrong choice needs `say`, and the right one has `right = true` alone"
SAME_CHOICES = "two choices are the same"
ONE_RIGHT_CHOICE = "exactly one choice needs `right = true`"

NO_FRONT_MATTER = "the file must begin with +++, then title and about, then +++"
WRONG_TOML = "this is no TOML: {reason}"
WRONG_KEY = "{key}: {reason}"
WRONG_FILE_NAME = "the file's name must be small letters, digits and hyphens, and end in .md"
NO_STEPS = "the lesson has no step: a step begins with ## and its title"
TOO_MANY_STEPS = "a lesson has at most {limit} steps"
TEXT_BEFORE = "text stands before the first step"
SAME_TITLE = "another step has the title “{title}”"
NO_BLOCK = "the step needs one block ```toml with its lab"
SEVERAL_BLOCKS = "the step has more than one block ```toml"
MISSING_PART = "the step needs a paragraph that begins with “{part}:”"
SAME_PART = "the step has two paragraphs that begin with “{part}:”"
NO_TEXT = "the step needs a text before “Task:”"
LONG_TEXT = "the text has more than {limit} sentences"
UNKNOWN_BLOCK = "a step can contain paragraphs and one block ```toml, nothing else"
UNKNOWN_LAB = "lab must be expression or network"
UNKNOWN_FIELD = "the {lab} lab has no {name}"
WRONG_LAB = "“{kind}” cannot be done in the {lab} lab"
NOT_A_STATE = "this lab cannot be opened: {reason}"
NOTHING_TO_DO = "the step asks for nothing: it needs a [[task]] or an [answer]"
DONE_AT_ONCE = "“{say}” is done as soon as the step opens"
CANNOT_BE_DONE = "“{say}” cannot be done: {reason}"
NOT_SEEN = "“{say}” is done, but the step does not see it"
UNKNOWN_NUMBER = "nothing here is called {name}"
NO_EXPRESSION = "“{text}” cannot be computed: {reason}"
NOT_ACCEPTED = "the right answer “{answer}” is refused: {reason}"
SLIP_ACCEPTED = "the wrong answer “{answer}” is accepted"
SLIP_WITHOUT_NAME = "the wrong answer “{answer}” is not named by “{sentence}”"
ANSWER_NOT_GIVEN = "“Solution:” does not contain the answer, {answer}"
UNKNOWN_PLACEHOLDER = "{{{name}}} in a text is no number of this step"
DOES_NOT_OPEN = "the address does not open: {reason}"


def fault(place: str, line: int, step: str, reason: str) -> str:
    """Return one line about a fault: the file, the line, the step, and what is wrong."""
    return f"{place}:{line}: {step}: {reason}." if step else f"{place}:{line}: {reason}."


def checked(lessons: int, steps: int) -> str:
    """Say that nothing is wrong."""
    return f"{count(lessons, 'lesson')}, {count(steps, 'step')}: everything works."


def faults(number: int) -> str:
    """Say how many faults there are."""
    return count(number, "fault") + "."
