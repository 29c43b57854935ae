"""The tables of the manual, printed from the code: a table cannot differ from the program.

A page asks for a table by name in a fenced block, `table operations` for example. A cell is inline
Markdown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from playground.manual import engine_tables, instance_tables, source_tree
from playground.manual.table import Table, code, table_of


def modules(folder: str) -> Table:
    """The modules of one folder, each with its first sentence."""
    sentences = source_tree.modules(folder)
    return table_of(
        f"Modules of {folder}",
        "module, what it is for",
        ((code(name), sentence) for name, sentence in sentences.items()),
    )


def browser(kind: str) -> Table:
    """The scripts (`js`) or the stylesheets (`css`) of the pages."""
    sentences = source_tree.browser_files(kind)
    return table_of(
        f"Files of static/{kind}",
        "file, what it is for",
        ((code(name), sentence) for name, sentence in sentences.items()),
    )


TABLES: dict[str, Callable[..., Table]] = {
    "activations": engine_tables.activations,
    "browser": browser,
    "commands": instance_tables.commands,
    "datasets": engine_tables.datasets,
    "exports": engine_tables.exports,
    "features": engine_tables.features,
    "fixed limits": instance_tables.fixed_limits,
    "hyperparameters": engine_tables.hyperparameters,
    "in pytorch": engine_tables.in_pytorch,
    "initialisations": engine_tables.initialisations,
    "keys": instance_tables.keys,
    "lessons": instance_tables.lessons,
    "limits": partial(instance_tables.deployment, limits=True),
    "losses": engine_tables.losses,
    "modules": modules,
    "operations": engine_tables.operations,
    "optimizers": engine_tables.optimizers,
    "outputs": engine_tables.outputs,
    "panels": instance_tables.panels,
    "schedules": engine_tables.schedules,
    "settings": partial(instance_tables.deployment, limits=False),
    "stories": instance_tables.stories,
    "tasks": instance_tables.tasks,
}
"""The tables by the name that a page asks for; `modules` and `browser` take one more word."""


def table(request: str) -> Table:
    """The table that a page asks for, such as `keys` or `modules engine/script`.

    Raises KeyError for an unknown table or folder.
    """
    if request in TABLES:
        return TABLES[request]()
    name, _, argument = request.partition(" ")
    return TABLES[name](argument)
