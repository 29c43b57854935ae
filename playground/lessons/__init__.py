"""Lessons: a way through the labs, step by step.

A lesson is a Markdown file in templates/lessons, or in a folder of one's own. lesson_file.py reads
it, library.py finds it; tasks.py and answers.py are the small list of what a step can check, and
checking.py tries all steps of a file. progress.py is how far a visitor is. Nothing here knows a
page.
"""
