"""Graphs and networks as PyTorch computes them, kept in a file: the suite needs no PyTorch."""
