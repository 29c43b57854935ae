"""What advances runs, and when: the only part that knows the time.

Pages use `Runner` (play, show, change a run), `RunRegistry` (find, create, share, delete runs),
`Sweeps`, and the errors. A live run has three parts: a record (what is saved), a player (who
advances it: this process, or workers in `cluster`), and an audience (the pages that see it).
"""
