"""The themes' tables: what must be told apart can be, by everyone."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from playground.pages.theme import THEMES

STYLES = Path(__file__).parents[2] / "static" / "css"
Colour = NDArray[np.float64]

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6), 2009, table 1,
# severity 1.0; of linear RGB.
DEFICIENCIES: dict[str, list[list[float]]] = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}

APART = 15.0
"""CIE 1976 ΔE in Lab that two marks in one plot must keep; about 2.3 is just noticeable (Mahy, Van
Eycken and Oosterlinck 1994). Every mark has a shape or a dash of its own besides.
"""

TOGETHER: dict[str, list[str]] = {
    "loss": ["--series-1", "--series-2", "--raised"],
    "bars": ["--quiet", "--series-1", "--raised"],
    "two classes": ["--low-ink", "--high-ink"],
    "sweep": ["--little", "--much", "--raised"],
    "scale": ["--low", "--middle", "--high"],
    "classes": [f"--class-{i}" for i in range(5)],
}
"""What is seen side by side."""

READ: list[tuple[str, str]] = [
    (ink, paper)
    for ink, papers in {
        "--ink": ("--paper", "--raised", "--sunk", "--leaf", "--inner", "--folded", "--disc",
                  "--little", "--much", "--hover", "--pressed"),
        "--quiet-ink": ("--paper", "--raised", "--sunk"),
        "--accent": ("--paper", "--raised", "--sunk"),
        "--accent-ink": ("--accent",),
        "--error": ("--error-paper",),
        "--low-ink": ("--raised",), "--high-ink": ("--raised",),
    }.items() for paper in papers
]  # fmt: skip
"""What is written on what."""


def table(theme: str) -> dict[str, Colour]:
    """The colours of a theme, as sRGB from 0 to 1."""
    text = (STYLES / f"{theme}.css").read_text()
    properties = re.findall(r"(--[\w-]+): #([0-9a-f]{6});", text)
    return {name: np.array([int(hex_[i : i + 2], 16) / 255 for i in (0, 2, 4)])
            for name, hex_ in properties}  # fmt: skip


def linear(colour: Colour) -> Colour:
    """Without the transfer function of sRGB (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted(
        (float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def lab(colour: Colour) -> Colour:
    """Linear sRGB as CIE L*a*b* under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = (to_xyz @ colour) / [0.9505, 1.0, 1.089]
    fx, fy, fz = (np.cbrt(t) if t > (6 / 29) ** 3 else t * (29 / 6) ** 2 / 3 + 4 / 29
                  for t in (x, y, z))  # fmt: skip
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def simulated(colour: Colour, deficiency: str) -> Colour:
    """As it looks to a person with this deficiency, in L*a*b*."""
    return lab(np.clip(np.array(DEFICIENCIES[deficiency]) @ linear(colour), 0, 1))


def test_the_measures_agree_with_published_values() -> None:
    black, white = np.zeros(3), np.ones(3)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(np.full(3, 0x76 / 255), white) == pytest.approx(4.54, abs=0.01)  # WebAIM
    assert lab(linear(np.array([1.0, 0, 0]))) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    for matrix in DEFICIENCIES.values():  # a grey stays what it is
        assert np.array(matrix).sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("together", TOGETHER)
@pytest.mark.parametrize("theme", THEMES)
def test_what_is_seen_side_by_side_stays_apart(theme: str, together: str, deficiency: str) -> None:
    colours = table(theme)
    for one, other in itertools.combinations(TOGETHER[together], 2):
        apart = np.linalg.norm(
            simulated(colours[one], deficiency) - simulated(colours[other], deficiency)
        )
        assert apart >= APART, f"{one} {other} {apart:.1f}"


@pytest.mark.parametrize(("ink", "paper"), READ)
def test_everything_is_written_at_seven_to_one_for_a_projector(ink: str, paper: str) -> None:
    colours = table("projector")
    assert contrast(colours[ink], colours[paper]) >= 7


@pytest.mark.parametrize("theme", THEMES)
def test_the_laser_pointer_is_seen_on_every_colour(theme: str) -> None:
    """A light ring in a dark one: one of the two stands out from whatever is below."""
    colours = table(theme)
    for name, below in colours.items():
        rings = (colours["--laser-ring"], colours["--laser-halo"])
        assert max(contrast(ring, below) for ring in rings) >= 4.5, name


def test_every_theme_sets_the_same_properties() -> None:
    names = {theme: set(re.findall(r"(--[\w-]+):", (STYLES / f"{theme}.css").read_text()))
             for theme in THEMES}  # fmt: skip
    assert all(other == names["light"] for other in names.values())


def test_dark_differs_from_light_in_colours_alone() -> None:
    """So sizes need a browser in two themes only."""
    light, dark = (
        dict(re.findall(r"(--[\w-]+): ([^;]+);", (STYLES / f"{theme}.css").read_text()))
        for theme in ("light", "dark")
    )
    colour = re.compile(r"#[0-9a-f]{6}|rgba?\([^)]*\)|var\(--[\w-]+\)")
    assert light.keys() == dark.keys()
    for name, value in light.items():
        assert value == dark[name] or colour.fullmatch(value), name
        assert bool(colour.fullmatch(value)) == bool(colour.fullmatch(dark[name])), name
    styles = "".join(path.read_text() for path in STYLES.glob("*.css"))
    assert '[data-theme="dark"]' not in styles
    assert '[data-theme="light"]' not in styles
