"""Plotly figures of the engine's data, a module for each plot. Colours are the names of custom
properties, which the themes set.
"""
