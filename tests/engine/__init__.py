"""The engine against independent sources: differences, HIPS autograd, published figures."""
