"""What plotly_private.js does past Plotly's public interface is what Plotly itself would have done:
these tests fail where a new version of Plotly works differently.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import MODULE, Visit

FIGURE = """
const points = (numbers) => ({ dtype: 'f4',
    bdata: btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(numbers).buffer))) });
const bytes = (numbers, rows, columns) => ({ dtype: 'u1', shape: `${rows}, ${columns}`,
    bdata: btoa(String.fromCharCode(...numbers)) });
const axis = (range) => ({ range, autorange: false });
const figure = (version) => ({
    data: [
        { type: 'heatmap', z: bytes(version ? [9, 8, 7, 6, 5, 4] : [0, 50, 100, 150, 200, 255],
            2, 3), x0: 0, dx: 1, y0: 0, dy: 1, zmin: 0, zmax: 255, showscale: false },
        { type: 'scatter', mode: 'markers', x: points(version ? [0.5, 1.5] : [0, 1, 2]),
            y: points(version ? [1, 0.25] : [0, 1, 0]) },
        { type: 'scatter', mode: 'lines', x: points([0, 1, 2]),
            y: points(version ? [1, NaN, 0] : [0, 0.5, 1]) },
        { type: 'scatter', mode: 'markers', x: [0.5, 1.5], y: [0.5, 0.75],
            customdata: [[7, 1.5], [4, -2]] },
        { type: 'scatter', mode: 'markers+text', x: [0.25, 1.25], y: [0.25, 0.5],
            text: version ? ['<b>a</b><br>data 2', 'b'] : ['<b>a</b><br>data 1', 'b'],
            hovertext: version ? ['a is 2', 'b'] : ['a is 1', 'b'] },
    ],
    layout: { width: 500, height: 400, xaxis: axis([-0.5, 2.5]), yaxis: axis([-0.5, 1.5]) },
});
"""
"""A figure with every kind of trace that is drawn alone, in two versions."""

DRAWN = """
const drawn = (element) => ({
    marks: [...element.querySelectorAll('.scatterlayer path')].map((path) =>
        ['d', 'transform', 'style'].map((name) => path.getAttribute(name))),
    texts: [...element.querySelectorAll('.textpoint')].map((mark) => mark.textContent),
    image: element.querySelector('.heatmaplayer image').href.baseVal,
    hover: element.calcdata.slice(1).map((trace) =>
        trace.map(({ i, x, y, tx, htx }) => [i, x, y, tx, htx])),
});
"""


def in_page(page: Page, script: str) -> Any:
    """Run a script that has a plot of version 0, another of version 1, and the module."""
    return page.evaluate(
        f"""async () => {{
            {FIGURE} {DRAWN}
            const plotly = await {MODULE}('plotly_private');
            const [element, wanted] = [0, 1].map(() =>
                document.body.appendChild(document.createElement('div')));
            await Plotly.newPlot(element, figure(0).data, figure(0).layout);
            await Plotly.newPlot(wanted, figure(1).data, figure(1).layout);
            const after = figure(1).data;
            {script}
        }}"""
    )


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit("/expression")


def test_traces_drawn_alone_are_as_plotly_draws_them(page: Page) -> None:
    one, other, again = in_page(
        page,
        """
        plotly.drawHeatmap(element, 0, after[0].z);
        for (const i of [1, 2])
            if (!plotly.canDrawPoints(element, i, after[i])) return [`trace ${i}`, '', ''];
        plotly.drawPoints(element, { 1: after[1], 2: after[2] });
        const before = figure(0).data.slice(4);
        const changes = [[], [], [], [], ['text', 'hovertext']];
        if (!plotly.rewriteTexts(element, figure(0).data, after, changes)) return ['texts', '', ''];
        const alone = drawn(element);
        await Plotly.redraw(element);
        return [alone, drawn(wanted), drawn(element)];
        """,
    )
    assert one == other
    assert again == other


def test_what_carries_more_than_places_is_left_to_plotly(page: Page) -> None:
    answers = in_page(page, "return [0, 3].map((i) => plotly.canDrawPoints(element, i, after[1]))")
    assert answers == [False, False]


def test_a_text_of_more_lines_is_left_to_plotly(page: Page) -> None:
    is_written = in_page(
        page,
        """
        after[4].text[1] = 'b<br>data 3';
        return plotly.rewriteTexts(element, figure(0).data, after, [[], [], [], [], ['text']]);
        """,
    )
    assert is_written is False


def test_places_on_the_plane_and_on_screen_are_converted_both_ways(page: Page) -> None:
    there, back, ranges, area = in_page(
        page,
        """
        const axes = plotly.axesOf(element);
        const { left, top } = axes.area;
        const there = axes.toPixels({ x: 1, y: 0.5 });
        return [there, axes.toData(left + there.x, top + there.y), [axes.xRange, axes.yRange],
            axes.area.toJSON()];
        """,
    )
    assert there["x"] == pytest.approx(area["width"] / 2, abs=0.5)
    assert there["y"] == pytest.approx(area["height"] / 2, abs=0.5)
    assert back == pytest.approx({"x": 1, "y": 0.5})
    assert ranges == [[-0.5, 2.5], [-0.5, 1.5]]
    assert in_page(page, "return plotly.axesOf(document.createElement('div'));") is None


def test_samples_are_found_with_their_marks(page: Page) -> None:
    points, rest, shift, before = in_page(
        page,
        """
        const { mark, rest } = plotly.markOf(element, 4);
        const before = mark.getAttribute('transform');
        const { x, y } = plotly.axesOf(element).toPixels({ x: 1.5, y: 0.75 });
        plotly.moveMark(element, mark, { x: 1.5, y: 0.75 });
        return [plotly.pointsOf(element), rest, mark.getAttribute('transform'), before];
        """,
    )
    assert [point["data"] for point in points] == [[7, 1.5], [4, -2]]
    assert points[1]["x"] == 1.5
    assert rest == [-2]
    assert shift.startswith("translate(")
    assert shift.split(".")[0] == before.split(".")[0]  # it stood there


def test_a_plot_says_whether_it_is_drawn(page: Page) -> None:
    assert in_page(
        page,
        "return [element, document.createElement('div'), null].map(plotly.isDrawn);",
    ) == [True, False, False]
