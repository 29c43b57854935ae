"""Between Flask and the network: requests, visitors, security, rate limits, server-sent events, the
server itself. Pages use it; nothing here knows a page.
"""
