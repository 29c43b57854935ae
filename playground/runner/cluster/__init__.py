"""Runs shared by several web processes and workers, through Redis and Celery. Imported only where a
Redis is configured.
"""
