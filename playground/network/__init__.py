"""The network lab without Flask: settings and view as forms and addresses hold them, uploads, and
limits of size.
"""
