"""Values in a notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import playground
from engine import Value, parse
from engine.script.parser import label_nodes
from playground.expression.stories import NEURON
from playground.figures import graph

PLOTLY = "application/vnd.plotly.v1+json"


def test_draw_shows_what_the_page_shows() -> None:
    expression = parse(NEURON)
    expression.output.backward()
    drawn = playground.draw(expression.output)
    nodes = expression.nodes()
    label_nodes(nodes)
    page = graph.figure(nodes, nodes, {node: node.grad for node in nodes})
    assert [trace.name for trace in drawn.data] == [trace["name"] for trace in page["data"]]
    for ours, theirs in zip(drawn.data, page["data"], strict=True):
        assert list(ours.x) == list(theirs["x"])
        assert list(ours.text or ()) == theirs.get("text", [])
    assert any("grad −1.5" in text for text in drawn.data[-1].text)


def test_colours_and_sizes_are_the_light_themes() -> None:
    drawn = playground.draw(Value(2.0, "a") * 3)
    assert "var(" not in drawn.to_json()
    assert drawn.layout.font.size == 12
    assert drawn.layout.width > 100
    assert drawn.layout.xaxis.range[1] - drawn.layout.xaxis.range[0] == drawn.layout.width


def test_drawing_changes_no_label() -> None:
    a = Value(2.0, "a")
    value = (a * 3).tanh()
    drawn = playground.draw(value)
    assert "<b>v2</b>" in drawn.data[-1].text[-1]
    assert value.label == ""
    assert value.operands[0].label == ""


def test_too_large_a_graph_is_refused_in_words() -> None:
    chain = Value(1.0)
    for _ in range(1000):
        chain = chain * 1.0
    with pytest.raises(ValueError, match="2,001 nodes; 1,000 can be drawn"):
        playground.draw(chain)


def test_load_ext_makes_values_show_themselves() -> None:
    shell = InteractiveShell.instance()

    def display(code: str) -> dict[str, object]:
        result = shell.run_cell(code)
        assert result.success
        data, _ = shell.display_formatter.format(result.result)
        return dict(data)

    with capture_output():
        shell.run_cell("from engine import Value; a = Value(2.0, 'a')")
        assert PLOTLY not in display("a * a")
        shell.run_line_magic("load_ext", "playground")
        bundle = display("a * a")
        assert bundle[PLOTLY]["data"][-1]["text"][0].startswith("<b>a</b>")  # type: ignore[index]
        large = display("b = a\nfor _ in range(2000): b = b + 1.0\nb")
        assert PLOTLY not in large
        assert "data=2002" in str(large["text/plain"])
        shell.run_line_magic("unload_ext", "playground")
        assert PLOTLY not in display("a * a")
    InteractiveShell.clear_instance()


def test_serving_and_computing_need_no_plotly() -> None:
    code = (
        "import sys\n"
        "sys.modules['plotly'] = sys.modules['IPython'] = None\n"
        "import playground, playground.app\n"
        "from engine import Value\n"
        "try:\n"
        "    playground.draw(Value(1.0))\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "pip install 'backprop-playground[notebook]'" in ran.stdout
