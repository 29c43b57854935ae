"""Every chart with every kind of number: it shows what is finite, says what is not, and can be
read.
"""

from __future__ import annotations

import random
from math import log10
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from engine.notation import format_number
from engine.training.run import Curve
from playground.figures import loss
from playground.figures.axes import names, numbers, powers
from playground.figures.style import layout
from tests.e2e.charts import CHARTS, SERIES
from tests.e2e.conftest import MODULE, Visit
from tests.waiting import until

DRAW = (
    """async (text) => {
    const figures = JSON.parse(text);
    const { show } = await """
    + MODULE
    + """('figures');
    const boxOf = (element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { left, right, top, bottom };
    };
    const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    const faults = [];
    for (const [name, figure, width, height] of figures) {
        document.getElementById('hostile')?.remove();
        const element = document.body.appendChild(document.createElement('div'));
        element.id = 'hostile';
        Object.assign(element.style, { position: 'fixed', zIndex: 99, inset: '0 auto auto 0',
            width: `${width}px`, height: `${height}px`, background: 'white' });
        show(element, figure);
        const say = (fault) => faults.push(`${name}, ${width} × ${height}: ${fault}`);
        const area = boxOf(element.querySelector('.nsewdrag'));
        const marks = [...element.querySelectorAll('.scatterlayer path, .barlayer path,'
            + '.heatmaplayer image, .textpoint')].filter((mark) => overlap(boxOf(mark), {
                left: area.left - 2, right: area.right + 2,
                top: area.top - 2, bottom: area.bottom + 2 })
                || mark.matches('.js-line') && mark.getAttribute('d').length > 3);
        const notes = element.querySelectorAll('.annotation text');
        if (!marks.length && !notes.length) say('empty');
        for (const axis of ['xaxis', 'yaxis']) {
            const { visible, ticktext } = figure.layout[axis];
            const ticks = element.querySelectorAll(`.${axis[0]}tick text`).length;
            const [least, most] = ticktext ? [Math.min(3, ticktext.length), 12] : [3, 8];
            if (visible !== false && (ticks < least || ticks > most)) say(`${ticks} on ${axis}`);
        }
        const outer = boxOf(element);
        const texts = [...element.querySelectorAll('.main-svg text')]
            .filter((text) => text.textContent.trim()).map((text) => [text, boxOf(text)]);
        for (const [i, [text, box]] of texts.entries()) {
            if (box.left < outer.left - 1 || box.right > outer.right + 1
                || box.top < outer.top - 1 || box.bottom > outer.bottom + 1)
                say(`“${text.textContent}” is cut off`);
            for (const [other, beside] of texts.slice(i + 1))
                if (overlap(box, beside)) say(`“${text.textContent}” on “${other.textContent}”`);
            if (/[0-9][µnpfkMG]\\b|e[-+−]?[0-9]|×10|NaN|undefined/.test(text.textContent))
                say(`“${text.textContent}”`);
        }
    }
    document.getElementById('hostile')?.remove();
    return faults;
}"""
)
"""Draws figures one after the other and says what is wrong with each."""

SIZES = ((460, 240), (290, 150))
"""A panel of the lab, and one of a phone."""
SQUARE_SIZES = ((460, 240), (290, 240))
"""The same for a plot whose axes have one scale."""


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit("/network")


def test_every_chart_of_every_number_can_be_read(page: Page) -> None:
    assert len(CHARTS) >= 20
    assert len(SERIES) >= 10
    faults = []
    for chart, make in CHARTS.items():
        with np.errstate(all="ignore"):
            figures = [(f"{chart}, {name}", make(values)) for name, values in SERIES.items()]
        drawn = [
            [name, figure, *size]
            for name, figure in figures
            for size in (SQUARE_SIZES if "scaleanchor" in figure["layout"]["yaxis"] else SIZES)
        ]
        faults += page.evaluate(
            DRAW, orjson.dumps(drawn, option=orjson.OPT_SERIALIZE_NUMPY).decode()
        )
    assert not faults, "\n".join(faults)


def test_the_browser_writes_numbers_as_the_server_does(page: Page) -> None:
    chance = random.Random(0)
    values = [0.0, -0.0, 1e-5, 99999.6, 999999.5, 1e6, 5e-324, 1.7e308, 1.0625, -2.5, 0.15]
    values += [chance.uniform(-2, 2) * 10.0 ** chance.randint(-300, 300) for _ in range(2000)]
    values += [chance.randint(-(10**7), 10**7) / 2 ** chance.randint(0, 8) for _ in range(2000)]
    digits = [chance.randint(1, 12) for _ in values]
    texts = page.evaluate(
        f"""async ([values, digits]) => {{
            const {{ formatNumber }} = await {MODULE}('numbers');
            return values.map((value, i) => formatNumber(value, digits[i]));
        }}""",
        [values, digits],
    )
    for value, places, text in zip(values, digits, texts, strict=True):
        assert text == format_number(value, places), (value, places)


@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4),
            st.sampled_from([numbers, powers]),
            st.integers(260, 1400),
            st.integers(130, 700),
        ),
        min_size=1,
        max_size=20,
    )
)
@example([([5e-324, 1.7e308], powers, 300, 150), ([0.1], numbers, 300, 130)])
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_axis_has_three_to_eight_ticks_that_differ_and_have_room(
    page: Page, cases: list[tuple[list[float], Any, int, int]]
) -> None:
    figures = [
        (
            {"data": [], "layout": layout(xaxis=make("x", values), yaxis=make("y", values))},
            {"width": width, "height": height},
        )
        for values, make, width, height in cases
    ]
    axes = page.evaluate(
        f"""async (figures) => {{
            const {{ fitAxes }} = await {MODULE}('axes');
            return figures.map(([{{ data, layout }}, {{ width, height }}]) => {{
                const font = {{ family: 'sans-serif', size: 12 }};
                const margin = {{ l: 52, r: 12, t: 8, b: 40 }};
                const figure = {{ data, layout: {{ ...layout, font, margin }} }};
                const fitted = fitAxes(figure, {{ width, height }}).layout;
                return [fitted.xaxis, fitted.yaxis, width - fitted.margin.l - fitted.margin.r];
            }});
        }}""",
        figures,
    )
    for x, y, across in axes:
        assert across > 100
        for axis in (x, y):
            places = [log10(at) if axis.get("type") == "log" else at for at in axis["tickvals"]]
            low, high = axis["range"]
            slack = 1e-6 * (high - low)
            assert 3 <= len(places) <= 8, axis
            assert len(set(axis["ticktext"])) == len(places), axis
            assert places == sorted(places), axis
            assert low - slack <= places[0], axis
            assert places[-1] <= high + slack, axis


def test_labels_under_the_pointer_write_numbers_as_the_page_does(page: Page) -> None:
    texts = page.evaluate(
        f"""async (figure) => {{
            const {{ show }} = await {MODULE}('figures');
            const texts = [];
            for (const [xaxis, yaxis, x, y] of figure.cases) {{
                const element = document.body.appendChild(document.createElement('div'));
                Object.assign(element.style, {{ width: '400px', height: '300px' }});
                const trace = {{ type: 'scatter', mode: 'markers', x: [x], y: [y],
                    hovertemplate: '%{{x}} and %{{y}}<extra></extra>' }};
                show(element, {{ data: [trace], layout: {{ ...figure.layout, xaxis, yaxis }} }});
                for (const draw of [() => {{}}, () => Plotly.redraw(element)]) {{
                    await draw();
                    Plotly.Fx.hover(element, [{{ curveNumber: 0, pointNumber: 0 }}]);
                    texts.push(element.querySelector('.hovertext').textContent);
                }}
                element.remove();
            }}
            return texts;
        }}""",
        {
            "layout": layout(),
            "cases": [
                [make("x", [x]), make("y", [y]), x, y]
                for make in (numbers, powers)
                for x, y in ((1.2345678e-13, 2e300), (0.25, 1234.567))
            ],
        },
    )
    assert (
        texts
        == ["1.235·10⁻¹³ and 2·10³⁰⁰"] * 2
        + ["0.25 and 1,235"] * 2
        + ["1.235·10⁻¹³ and 2·10³⁰⁰"] * 2
        + ["0.25 and 1,235"] * 2
    )


def test_long_names_are_cut_and_many_names_thinned(page: Page) -> None:
    for labels in (["a"], [f"layer {i}" for i in range(30)], ["a very long name indeed"] * 9):
        figure = {
            "data": [{"type": "bar", "x": list(range(len(labels))), "y": [1] * len(labels)}],
            "layout": layout(xaxis=names("layer", labels), yaxis=names("", ["long " * 20] * 3)),
        }
        drawn = [["names", figure, *size] for size in SIZES]
        assert page.evaluate(DRAW, orjson.dumps(drawn).decode()) == []


def test_long_numbers_stay_inside_the_table_of_nodes(visit: Visit) -> None:
    code = "a = 1.234567e-150\na_rather_long_name = -3.123456e200\nL = a * a_rather_long_name * a"
    for width in (1400, 390):
        page = visit(f"/expression?code={quote(code)}", width)
        page.get_by_role("table", name="Nodes").scroll_into_view_if_needed()
        beyond = page.evaluate(
            """[...document.querySelectorAll('#nodes-panel td, #nodes-panel th')].filter((cell) =>
                cell.getBoundingClientRect().right >
                    cell.closest('section').getBoundingClientRect().right
                || cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""
        )
        assert beyond == []


def test_a_plot_follows_its_size_and_tells_screen_readers_what_it_cannot_show(page: Page) -> None:
    fits = """() => {
        const { layout, clientWidth } = document.getElementById('loss');
        return layout.width === clientWidth && layout.yaxis.tickvals.length >= 3;
    }"""
    until(page, fits)
    page.set_viewport_size({"width": 420, "height": 800})
    until(page, fits)
    assert page.evaluate("document.getElementById('loss').layout.width") < 420
    figure = loss.figure(Curve(1, np.array([1.0, np.inf]), np.array([1.0, 2.0])))
    description = page.evaluate(
        f"""async (text) => {{
            const {{ show }} = await {MODULE}('figures');
            const element = document.getElementById('loss');
            show(element, JSON.parse(text));
            return element.ariaDescription;
        }}""",
        orjson.dumps(figure).decode(),
    )
    assert description == "training: ∞ from step 1"
