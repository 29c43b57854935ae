"""Read a lesson from its file: Markdown after a front matter in TOML.

    +++
    title = "…"
    about = "…"
    +++

    ## Title of a step

    A text of some sentences.

    ```toml
    lab = "expression"
    code = "a = 3\\nb = a + a"

    [[task]]
    kind = "predict"
    right = 3
    say = "Predict all three gradients."

    [answer]
    kind = "number"
    value = "a.grad"
    ```

    Task: What is a.grad?

    Hint: …

    Correct: …

    Solution: …

TOML is in Python's standard library, and a table of tables is easier to write there than in YAML.
`tasks.py` and `answers.py` have the kinds; all other keys of the block are fields of the lab.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.training.settings import DECLARATIONS, Settings
from engine.training.settings_parser import parse_settings, suggest_settings
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.lessons.answers import Answer
from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.tasks import Task
from playground.messages import lessons as messages

FILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.md")
FENCE = "+++"
BLOCK = "toml"
PARTS = ("Task", "Hint", "Correct", "Solution")
"""Paragraphs of a step that begin with such a word and a colon; the others are its text."""
MAX_STEPS = 60
MAX_SENTENCES = 5
"""Maximum number of sentences in a step's text."""
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
AddFault = Callable[..., None]
"""Adds what is wrong, and in which line if not the step's first."""
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong in a lesson file, and the line where."""

    line: int
    step: str
    reason: str


class LessonFileError(ValueError):
    """A lesson file that cannot be used, with everything that is wrong in it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.reason for fault in faults))
        self.faults = faults


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1)
    about: str = Field(min_length=1)


class _Block(BaseModel):
    """The block of a step: what its lab is, how it opens, and what is checked."""

    model_config = ConfigDict(extra="allow")

    lab: str
    at: str = Field("end", pattern="^(start|middle|end)$")
    free: bool = False
    task: tuple[Task, ...] = ()
    answer: Answer | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Everything else: fields of the lab."""
        return dict(self.model_extra or {})


@dataclass
class _Section:
    """The parts of one step as they stand in the file."""

    title: str
    line: int
    paragraphs: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[tuple[int, str]] = field(default_factory=list)
    unknown_lines: list[int] = field(default_factory=list)


def load_lesson(path: Path) -> Lesson:
    """Return the lesson of a file. Raises LessonFileError with everything that is wrong in it, and
    OSError if it cannot be read.
    """
    return parse_lesson(path.read_text(encoding="utf-8"), path.name)


def parse_lesson(text: str, name: str) -> Lesson:
    """Return the lesson of a text from a file of this name. Raises LessonFileError."""
    faults: list[Fault] = []
    if not FILE_NAME.fullmatch(name):
        faults.append(Fault(1, "", messages.WRONG_FILE_NAME))
    front, body, offset = _split_front_matter(text)
    about = _read_front_matter(front, faults)
    steps: list[LessonStep] = []
    titles: set[str] = set()
    for section in _read_sections(body, offset, faults):
        if section.title in titles:
            reason = messages.SAME_TITLE.format(title=section.title)
            faults.append(Fault(section.line, section.title, reason))
        titles.add(section.title)
        step = _read_step(section, faults)
        if step is not None:
            steps.append(step)
    if not titles:
        faults.append(Fault(1, "", messages.NO_STEPS))
    if len(titles) > MAX_STEPS:
        faults.append(Fault(1, "", messages.TOO_MANY_STEPS.format(limit=MAX_STEPS)))
    if faults or about is None:
        raise LessonFileError(sorted(faults))
    return Lesson(name.removesuffix(".md"), about.title, about.about, tuple(steps))


def _split_front_matter(text: str) -> tuple[str | None, str, int]:
    """Return the front matter, the text after it, and the number of lines before that text."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != FENCE:
        return None, text, 0
    ends = (number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE)
    end = next(ends, None)
    if end is None:
        return None, text, 0
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 1


def _read_front_matter(front: str | None, faults: list[Fault]) -> _FrontMatter | None:
    if front is None:
        faults.append(Fault(1, "", messages.NO_FRONT_MATTER))
        return None
    try:
        return _FrontMatter.model_validate(tomllib.loads(front))
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(1, "", messages.WRONG_TOML.format(reason=error)))
    except ValidationError as error:
        faults += [Fault(1, "", reason) for reason in _reasons(error)]
    return None


def _read_sections(body: str, offset: int, faults: list[Fault]) -> list[_Section]:
    """Return the steps: every heading of level 2 begins one."""
    sections: list[_Section] = []
    tokens = [
        token for token in _MARKDOWN.parse(body) if token.level == 0 or token.type == "inline"
    ]
    for opening, token in zip(tokens, [*tokens[1:], None], strict=True):
        line = offset + (opening.map[0] if opening.map else 0) + 1
        if opening.type == "heading_open" and opening.tag == "h2" and token is not None:
            sections.append(_Section(token.content, line))
        elif opening.nesting == -1 or opening.type == "inline":
            continue
        elif not sections:
            faults.append(Fault(line, "", messages.TEXT_BEFORE))
        else:
            _add_block(sections[-1], opening, token, line)
    return sections


def _add_block(section: _Section, opening: Token, inline: Token | None, line: int) -> None:
    if opening.type == "paragraph_open" and inline is not None:
        section.paragraphs.append((line, " ".join(inline.content.split())))
    elif opening.type == "fence" and opening.info.strip() == BLOCK:
        section.blocks.append((line, opening.content))
    else:
        section.unknown_lines.append(line)


def _read_step(section: _Section, faults: list[Fault]) -> LessonStep | None:
    """Return a step. What is wrong with it is added to `faults`; then there is none."""
    before = len(faults)

    def add(reason: str, line: int = section.line) -> None:
        faults.append(Fault(line, section.title, reason))

    for line in section.unknown_lines:
        add(messages.UNKNOWN_BLOCK, line)
    text, parts = _split_parts(section, add)
    if not section.blocks:
        add(messages.NO_BLOCK)
    for line, _ in section.blocks[1:]:
        add(messages.SEVERAL_BLOCKS, line)
    block = _read_block(*section.blocks[0], add) if section.blocks else None
    opening = _read_opening(block, section.blocks[0][0], add) if block else None
    if block is None or opening is None or len(faults) > before:
        return None
    return LessonStep(
        title=section.title,
        text=text,
        task=parts["Task"],
        hint=parts["Hint"],
        praise=parts["Correct"],
        solution=parts["Solution"],
        opening=opening,
        tasks=block.task,
        answer=block.answer,
        is_free=block.free,
        line=section.line,
    )


def _split_parts(section: _Section, add: AddFault) -> tuple[str, dict[str, str]]:
    """Return the text and the parts of a step by their first words."""
    parts: dict[str, str] = {}
    text: list[str] = []
    for line, paragraph in section.paragraphs:
        word, colon, rest = paragraph.partition(":")
        if not colon or word not in PARTS:
            text.append(paragraph)
        elif word in parts:
            add(messages.SAME_PART.format(part=word), line)
        else:
            parts[word] = rest.strip()
    for word in PARTS:
        if not parts.get(word):
            add(messages.MISSING_PART.format(part=word))
    joined = " ".join(text)
    if not joined:
        add(messages.NO_TEXT)
    if len(_SENTENCE_END.findall(joined + " ")) > MAX_SENTENCES:
        add(messages.LONG_TEXT.format(limit=MAX_SENTENCES))
    return joined, parts


def _read_block(line: int, toml: str, add: AddFault) -> _Block | None:
    try:
        block = _Block.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        add(messages.WRONG_TOML.format(reason=error), line)
        return None
    except ValidationError as error:
        for reason in _reasons(error):
            add(reason, line)
        return None
    for task in block.task:
        if task.lab != block.lab and block.lab in ("expression", "network"):
            add(messages.WRONG_LAB.format(kind=task.kind, lab=block.lab), line)
    if not block.task and block.answer is None:
        add(messages.NOTHING_TO_DO, line)
    return block


def _read_opening(block: _Block, line: int, add: AddFault) -> Lab | Settings | None:
    """Return the state in which the lab of a step opens."""
    if block.lab not in ("expression", "network"):
        add(messages.UNKNOWN_LAB, line)
        return None
    names = Lab.model_fields if block.lab == "expression" else DECLARATIONS
    unknown = [name for name in block.fields if name not in names]
    for name in unknown:
        add(messages.UNKNOWN_FIELD.format(lab=block.lab, name=name), line)
    if unknown:
        return None
    try:
        return _read_lab(block) if block.lab == "expression" else _read_settings(block)
    except (ValueError, ArithmeticError) as error:
        add(messages.NOT_A_STATE.format(reason=str(error).rstrip(".")), line)
    return None


def _read_lab(block: _Block) -> Lab:
    """Return the lab at the `start`, in the `middle` (after the forward pass) or at the `end` of
    its walk. Raises ValueError if its text or a field is wrong.
    """
    lab = Lab().with_(**block.fields)
    current = scene(lab)
    return lab.with_(step={"start": 0, "middle": current.walk.forward, "end": None}[block.at])


def _read_settings(block: _Block) -> Settings:
    """Return the settings, with those that suit the dataset. Raises ValueError if one is wrong."""
    fields = {name: str(value) for name, value in block.fields.items()}
    texts = suggest_settings(fields.get("dataset", ""), {}) | fields
    settings, errors = parse_settings(texts)
    if settings is None:
        raise ValueError(" ".join(f"{name}: {error}" for name, error in errors.items()))
    return settings


def _reasons(error: ValidationError) -> Iterator[str]:
    """Return what pydantic says is wrong, a sentence for each key."""
    for problem in error.errors():
        key = ".".join(_place(problem["loc"]))
        yield messages.WRONG_KEY.format(key=key or BLOCK, reason=problem["msg"].lower())


def _place(loc: tuple[Any, ...]) -> Iterator[str]:
    for part in loc:
        yield str(part + 1) if isinstance(part, int) else str(part)
