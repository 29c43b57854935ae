"""What the pages of the two labs show, as values for their templates. Nothing here knows of a
request or of an address: pages and templates make the addresses.
"""
