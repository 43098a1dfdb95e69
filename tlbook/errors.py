"""The one error that a user can mend: bad input."""


class BadInput(ValueError):
    """Input that cannot be used, with one line on what came, what was expected and how to mend it.

    The commands print it as ``tlbook: error: <message>`` and exit with status 2.
    """
