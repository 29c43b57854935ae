"""The served half, without a browser; each file mirrors a module."""
