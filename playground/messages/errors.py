"""What the page of an error says, beside the name of the error."""

from __future__ import annotations

STATUS = {
    404: "This page does not exist. A run belongs to the browser that started it, and old runs are "
    "deleted when space runs out.",
    405: "This address does not accept that kind of request.",
    413: "The request is larger than this page accepts.",
    500: "Something went wrong on the server. Its log has the details.",
}
"""A sentence for each HTTP status."""
NO_DATABASE = "The database is not available right now ({reason}). Try again in a moment."
NOT_STORED = "Nothing can be stored, so all runs are lost when the server stops: %s."
ADDRESS_TOO_LONG_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><title>This address is too long</title>'
    "</head><body><h1>This address is too long</h1>"
    "<p>An address here has at most {limit:,} bytes. Open the expression lab and paste your text "
    "there: the lab gives you a short link to it. A table goes into the network lab in the same "
    'way, under Data.</p><p><a href="{home}">Go to the home page</a></p></body></html>'
)
"""The page of an address that no part of the application has seen: it cannot be a template."""
