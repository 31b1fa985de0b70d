"""Which function translates which instruction, and what it works with."""

from ..syntax import Integer, Vector
from ..types import TYPES

HANDLERS = {}

# Words that say where and how strongly an access is ordered. Threads here
# see every access at once, so that nothing follows from them.
ORDERS = (
    "weak", "volatile", "relaxed", "acquire", "release", "acq_rel", "mmio",
    "sc",
)
SCOPES = ("cta", "cluster", "gpu", "sys", "gl")


def instruction(*names):
    """Registers a translator for opcodes that start with these words."""

    def register(handler):
        for name in names:
            HANDLERS[tuple(name.split("."))] = handler
        return handler

    return register


def find(item):
    """The translator of the longest known beginning of the opcode."""
    for length in range(len(item.opcode), 0, -1):
        handler = HANDLERS.get(tuple(item.opcode[:length]))
        if handler:
            return handler
    return None


class Operation:
    """An instruction while it is translated; `words` are yet to be read."""

    def __init__(self, function, item):
        self.function = function
        self.item = item
        self.root = item.opcode[0]
        self.words = [word.replace("shared::cta", "shared")
                      for word in item.opcode[1:]]
        self.operands = item.operands
        self.line = item.line

    def fail(self, message):
        self.function.fail(f"{self.item.text}: {message}")

    # --- Words of the opcode ------------------------------------------------

    def take(self, word):
        if word in self.words:
            self.words.remove(word)
            return True
        return False

    def drop(self, *words):
        """Words without meaning here."""
        for word in words:
            while self.take(word):
                pass

    def drop_order(self):
        self.drop(*ORDERS, *SCOPES)

    def expect(self, *words):
        for word in words:
            if not self.take(word):
                self.fail(f"the form without '.{word}' is not read")

    def choose(self, *words, default=None):
        for word in self.words:
            if word in words:
                self.words.remove(word)
                return word
        if default is None:
            self.fail(f"one of .{', .'.join(words)} is needed")
        return default

    def rounding(self, default="rn"):
        """C++ for the rounding."""
        word = self.choose(
            "rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi",
            default=default,
        )
        return {
            "rn": "Round::Even",
            "rz": "Round::Zero",
            "rm": "Round::Down",
            "rp": "Round::Up",
            "rna": "Round::Away",
        }[word.rstrip("i")]

    def type(self, *allowed):
        """The type, which is the last word."""
        if not self.words or self.words[-1] not in TYPES:
            self.fail("the type is missing or unknown")
        type_ = TYPES[self.words.pop()]
        if allowed and type_.name not in allowed:
            self.fail(f"this instruction has no type .{type_.name}")
        return type_

    # --- Operands -----------------------------------------------------------

    def need(self, *counts):
        if len(self.operands) not in counts:
            self.fail(f"{len(self.operands)} operands")

    def constant(self, index):
        operand = self.operands[index]
        if not isinstance(operand, Integer):
            self.fail("a constant is needed")
        return operand.value

    def value(self, index, type_, **options):
        return self.function.value(self.operands[index], type_, **options)

    def number(self, index, type_):
        return self.function.number(self.operands[index], type_)

    def u32(self, index):
        return self.value(index, TYPES["u32"])

    def predicate(self, index):
        return self.function.predicate(self.operands[index])

    def assign(self, code, type_=None, index=0, **options):
        return self.function.assign(
            self.operands[index], code, type_=type_, **options
        )

    def elements(self, index):
        operand = self.operands[index]
        return operand.elements if isinstance(operand, Vector) else [operand]

    def address(self, index, space):
        return self.function.address(self.operands[index], space)
