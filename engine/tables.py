"""stub"""


class Table:
    pass


def read(text, most=5000):
    raise ValueError("stub")
