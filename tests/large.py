"""A text of 1,000 nodes, as large as an expression may be."""

from __future__ import annotations


def thousand(a: str = "0.7") -> str:
    """Ten branches of two inputs, each a sum of products and tanhs, as a network has them."""
    lines = [f"a = {a}", "b = -0.4"]
    terms = ["a*b", "b*a", "tanh(a)", "a*a"]
    sums = ("+".join(terms[(i + k) % 4] for k in range(40)) for i in range(12))
    lines += [f"h{i} = tanh({total})" for i, total in enumerate(sums)]
    lines.append("g = " + "+".join(f"h{i}*h{i + 1}" for i in range(11)))
    lines.append("y = g*g" + "+a" * 7)
    return "\n".join(lines)
