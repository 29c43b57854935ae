"""How a graph is explained, one operation at a time. Everything here is a plain value; nothing is
drawn.

`walk` holds both passes as single steps, `equations` writes a step in mathematics, `sentences` says
it in words too (`messages` holds the words), and `not_finite` says where ∞ and NaN come from.
`folding` hides statements, `expansion` opens operations,
`finite_differences` and `gradient_steps` move leaves. These modules may be used by each other and
by everything above; they use Values and the parser only.
"""
