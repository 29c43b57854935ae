"""What people write: expressions and formulas become Values. The text never runs as code: nothing
here calls `eval`.

`parser` reads the language of the expression lab, `grammar` takes its words from the operation
table, `syntax_errors` and `messages` say what is wrong with a text. `formula` evaluates a formula
for many points. Use `parse`, `Expression`, `ExpressionError` and `evaluate_formula`.
"""
