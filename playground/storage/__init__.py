"""What outlasts a restart, in SQLite or PostgreSQL: the store, its schema and migrations, and runs,
sweeps and texts as rows. A change of `schema` needs a new version under `migrations/versions`.
"""
