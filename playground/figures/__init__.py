"""Engine data as Plotly figures, a module a plot. Colours are names of the themes' custom
properties.
"""
