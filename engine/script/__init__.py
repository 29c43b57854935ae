"""What people write, read safely: expressions and formulas become Values. Text comes in, never code
that runs: nothing here calls `eval`.
"""
