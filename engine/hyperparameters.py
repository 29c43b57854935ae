"""Hyperparameters: the settings that training reads, each declared once.

A declaration is one attribute of `Hyperparameters`: its type, default, bounds and words for people,
whether it may change while a run plays, whether the kernels read it, and how PyTorch writes it. The
settings of a run, the form, the commands, the kernels, the exports, sweeps and the manual read it.
A new hyperparameter is a declaration here and the arithmetic where it acts.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

MAX_SAMPLES = 5000
"""Maximum number of samples of a run."""

FACTOR = 1.3
"""By what ↑ multiplies a logarithmic value, and ↓ divides it."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a setting is called, what it means, and which values it takes."""

    title: str
    description: str
    """One sentence or two for people."""
    minimum: float | None = None
    """Smallest value."""
    maximum: float | None = None
    """Largest value."""
    below: float | None = None
    """Every value is less than this."""
    form_above: float | None = None
    """Every value that a form takes is greater than this."""
    form_maximum: float | None = None
    """Largest value that a form takes. Python takes larger ones."""
    step: float = 1
    """How much ↑ adds to a value, and ↓ takes away."""
    is_logarithmic: bool = False
    """Values compare by factors: ↑ multiplies by FACTOR and ↓ divides, and a range has equal
    factors.
    """
    examples: tuple[Any, ...] = ()
    """Values worth comparing. A setting that has some can be swept."""

    name: str = ""
    value_type: Any = None
    default: Any = None

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds of a form's field, by pydantic's names."""
        bounds = {
            "ge": self.minimum if self.form_above is None else None,
            "gt": self.form_above,
            "le": self.maximum if self.form_maximum is None else self.form_maximum,
            "lt": self.below if self.form_maximum is None else None,
        }
        return {name: bound for name, bound in bounds.items() if bound is not None}

    def check(self, value: Any) -> None:
        """Raise ValueError for a number outside of the bounds, and for NaN where there are some."""
        for bound, holds, words in (
            (self.minimum, operator.ge, "at least"),
            (self.maximum, operator.le, "at most"),
            (self.below, operator.lt, "below"),
        ):
            if bound is not None and not holds(value, bound):
                raise ValueError(f"{self.name} must be {words} {bound:g}; this is {value!r}")

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Let pydantic check the bounds of a form's field."""
        return handler(source) | self.bounds


@dataclass(frozen=True, kw_only=True)
class Hyperparameter(Declaration):
    """A setting that training reads."""

    is_live: bool = True
    """It may change while the run plays; any other restarts the run."""
    in_kernels: bool = False
    """The kernels read it: `engine.compiler.instructions.SLOTS` has a place for it."""
    is_folded: bool = False
    """The form shows it under More."""
    symbol: str = ""
    """Its name in formulas, where that is not `name`."""
    pytorch: str = ""
    """How PyTorch writes it; `{name}` stands for the value of the hyperparameter of that name."""
    pytorch_role: Literal["", "argument", "loss", "gradient", "rate"] = ""
    """Where an export writes it: an argument of the optimizer, a term of the loss, a change of the
    gradient before the optimizer's step, or a factor of the rate after `done` steps."""


def declarations(cls: type, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declarations in the annotations of a class, by name, in their order."""
    return {
        name: replace(declaration, name=name, value_type=get_args(hint)[0], default=defaults[name])
        for name, hint in get_type_hints(cls, include_extras=True).items()
        if get_origin(hint) is Annotated
        for declaration in get_args(hint)
        if isinstance(declaration, Declaration)
    }


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters that a program of any graph reads."""

    optimizer: Annotated[
        str,
        Hyperparameter(
            title="Optimizer",
            description="How weights are updated.",
            is_live=False,
            pytorch="torch.optim",
        ),
    ] = "sgd"
    rate: Annotated[
        float,
        Hyperparameter(
            title="Learning rate",
            description="How far a step goes against the gradient.",
            minimum=0,
            form_above=0,
            form_maximum=100,
            is_logarithmic=True,
            examples=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1),
            in_kernels=True,
            pytorch="lr={rate}",
            pytorch_role="argument",
        ),
    ] = 0.1
    batch: Annotated[
        int,
        Hyperparameter(
            title="Batch size",
            description="Samples per step. 0 for all training samples.",
            minimum=0,
            form_maximum=MAX_SAMPLES,
            examples=(0, 1, 5, 10, 20, 50),
            pytorch="DataLoader(…, batch_size={batch}, shuffle=True)",
        ),
    ] = 10
    decay: Annotated[
        float,
        Hyperparameter(
            title="Weight decay",
            description="AdamW multiplies every weight by 1 − rate · decay in each step.",
            minimum=0,
            form_maximum=1,
            is_logarithmic=True,
            examples=(0, 0.001, 0.01, 0.1),
            in_kernels=True,
            pytorch="weight_decay={decay}",
            pytorch_role="argument",
        ),
    ] = 0.01
    beta1: Annotated[
        float,
        Hyperparameter(
            title="Beta 1",
            description="Share of the mean gradient m that Adam keeps in every step.",
            minimum=0,
            below=1,
            step=0.01,
            examples=(0, 0.5, 0.8, 0.9, 0.95, 0.99),
            in_kernels=True,
            is_folded=True,
            symbol="β1",
            pytorch="betas=({beta1}, {beta2})",
            pytorch_role="argument",
        ),
    ] = 0.9
    beta2: Annotated[
        float,
        Hyperparameter(
            title="Beta 2",
            description="Share of the mean squared gradient v that Adam keeps in every step.",
            minimum=0,
            below=1,
            step=0.001,
            examples=(0.9, 0.99, 0.999, 0.9999),
            in_kernels=True,
            is_folded=True,
            symbol="β2",
            pytorch="betas=({beta1}, {beta2})",
            pytorch_role="argument",
        ),
    ] = 0.999
    epsilon: Annotated[
        float,
        Hyperparameter(
            title="Epsilon",
            description="Small number added to √v, so that no step divides by 0.",
            minimum=0,
            form_above=0,
            form_maximum=1,
            is_logarithmic=True,
            examples=(1e-10, 1e-8, 1e-6, 1e-4, 0.01),
            in_kernels=True,
            is_folded=True,
            symbol="ε",
            pytorch="eps={epsilon}",
            pytorch_role="argument",
        ),
    ] = 1e-8
    schedule: Annotated[
        str,
        Hyperparameter(
            title="Schedule",
            description="How the learning rate changes from step to step.",
            is_folded=True,
            pytorch="torch.optim.lr_scheduler",
        ),
    ] = "constant"
    period: Annotated[
        int,
        Hyperparameter(
            title="Period",
            description="Length of one schedule period, in steps.",
            minimum=1,
            form_maximum=1_000_000,
            is_logarithmic=True,
            examples=(100, 300, 1000, 3000),
            in_kernels=True,
            is_folded=True,
            pytorch="T_max, step_size or total_iters",
        ),
    ] = 1000
    factor: Annotated[
        float,
        Hyperparameter(
            title="Factor",
            description="Share of the learning rate that is left after one period.",
            minimum=0,
            maximum=1,
            step=0.05,
            examples=(0, 0.01, 0.1, 0.3),
            in_kernels=True,
            is_folded=True,
            pytorch="eta_min, gamma or end_factor",
        ),
    ] = 0.1
    warmup: Annotated[
        int,
        Hyperparameter(
            title="Warm-up",
            description="Number of steps at the start in which the learning rate rises to its full "
            "value. 0 for no warm-up.",
            minimum=0,
            form_maximum=1_000_000,
            examples=(0, 10, 30, 100, 300),
            in_kernels=True,
            is_folded=True,
            pytorch="min(1, (done + 1) / {warmup})",
            pytorch_role="rate",
        ),
    ] = 0
    dropout: Annotated[
        float,
        Hyperparameter(
            title="Dropout",
            description="Probability that a hidden neuron is switched off for a sample, in "
            "training only.",
            minimum=0,
            below=1,
            form_maximum=0.9,
            step=0.05,
            examples=(0, 0.1, 0.2, 0.5),
            in_kernels=True,
            is_folded=True,
            pytorch="torch.nn.Dropout({dropout})",
        ),
    ] = 0.0
    l1: Annotated[
        float,
        Hyperparameter(
            title="L1",
            description="Strength of the L1 penalty Σ|w|. Drives weights to 0.",
            minimum=0,
            form_maximum=1,
            is_logarithmic=True,
            examples=(0, 0.0001, 0.001, 0.01, 0.1),
            in_kernels=True,
            is_folded=True,
            pytorch="{l1} * sum(w.abs().sum() for w in network.parameters())",
            pytorch_role="loss",
        ),
    ] = 0.0
    l2: Annotated[
        float,
        Hyperparameter(
            title="L2",
            description="Strength of the L2 penalty Σw²/2. Keeps weights small. Gradient clipping "
            "does not affect it.",
            minimum=0,
            form_maximum=1,
            is_logarithmic=True,
            examples=(0, 0.0001, 0.001, 0.01, 0.1),
            in_kernels=True,
            is_folded=True,
            pytorch="weight_decay={l2}",
            pytorch_role="argument",
        ),
    ] = 0.0
    clip: Annotated[
        float,
        Hyperparameter(
            title="Gradient clipping",
            description="Maximum length (Euclidean norm) of the gradient. 0 for no limit.",
            minimum=0,
            form_maximum=1e6,
            is_logarithmic=True,
            examples=(0, 0.1, 1, 10),
            in_kernels=True,
            is_folded=True,
            pytorch="torch.nn.utils.clip_grad_norm_(network.parameters(), {clip})",
            pytorch_role="gradient",
        ),
    ] = 0.0
    seed: Annotated[
        int,
        Hyperparameter(
            title="Seed",
            description="Starting value of the random numbers for points, weights and batches.",
            minimum=0,
            maximum=2**31 - 1,
            examples=(0, 1, 2, 3, 4),
            is_live=False,
            pytorch="torch.manual_seed({seed})",
        ),
    ] = 0


HYPERPARAMETERS: dict[str, Hyperparameter] = declarations(Hyperparameters, vars(Hyperparameters))
"""Every hyperparameter by its name, in the order of the form."""
