"""The manual: which pages it has, how their Markdown becomes HTML, and the tables that are printed
from the code.

The texts are in `templates/manual`. Nothing here knows Flask.
"""
