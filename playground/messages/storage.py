"""What people read when the database fails. A server's own words stay in the log: they name hosts
and users.
"""

DATABASE_DOWN = "the database does not answer"
