"""How a graph is explained one operation at a time: the walk, its sentences, folding, expansion,
finite differences and gradient steps. Everything is a plain value; nothing is drawn here.
"""
