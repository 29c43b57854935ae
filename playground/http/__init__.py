"""Between Flask and the network: requests, visitors, security, rate limits, server-sent events,
and the server itself.

Pages use this folder; nothing in it knows a page. A new limit is a setting, a function
`admit_…` in rate_limits.py, and a sentence in messages/limits.py.
"""
