"""Words of PTX."""

import re
from collections import namedtuple

from .errors import PtxError

Token = namedtuple("Token", "kind text line")

WORDS = re.compile(
    r"""
    (?P<space>[ \t\r\f]+)
  | (?P<newline>\n)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<float>0[fF][0-9a-fA-F]{8}\b|0[dD][0-9a-fA-F]{16}\b|\d+\.\d*(?:[eE][-+]?\d+)?)
  | (?P<number>0[xX][0-9a-fA-F]+U?|0[bB][01]+U?|\d+U?)
  | (?P<string>"[^"\n]*")
  | (?P<word>[%$_.A-Za-z][\w$.%]*(?:::[\w$.]+)*)
  | (?P<mark>[-+,;:@!|{}()<>\[\]=])
    """,
    re.VERBOSE | re.DOTALL,
)


def split(text):
    """The tokens of a file, without blanks and comments."""
    line = 1
    position = 0
    while position < len(text):
        match = WORDS.match(text, position)
        if not match:
            raise PtxError(f"unknown character {text[position]!r}", line)
        kind = match.lastgroup
        if kind not in ("space", "newline", "comment"):
            yield Token(kind, match.group(), line)
        line += match.group().count("\n")
        position = match.end()
    yield Token("end", "", line)


def number(text):
    """The value of an integer constant."""
    text = text.rstrip("U")
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if text[:2] in ("0b", "0B"):
        return int(text, 2)
    if len(text) > 1 and text[0] == "0":
        return int(text, 8)
    return int(text)
