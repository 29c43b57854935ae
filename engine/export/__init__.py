"""A graph or a run as text for other programs.

`expression` writes a graph for micrograd, PyTorch, NumPy and LaTeX, `network` a run as a program or
a notebook, `weights` its weights as JSON (and reads them), `source` a graph as statements of the
expression lab. `rewrite` translates formulas of the operation table. Use the functions that begin
with `write_` and `parse_`, and the tables EXPRESSION_FORMATS and NETWORK_FORMATS.
"""
