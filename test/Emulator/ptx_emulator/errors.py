"""Errors that name a line of PTX."""


class PtxError(Exception):
    """What is wrong, and where; `line` 0 is the file as a whole."""

    def __init__(self, message, line=0):
        super().__init__(message)
        self.message = message
        self.line = line
