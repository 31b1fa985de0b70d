"""Reads PTX into the tree of syntax.py."""

import struct

from . import lexer
from .errors import PtxError
from .syntax import (
    Address,
    Float,
    Function,
    Group,
    Instruction,
    Integer,
    Label,
    Module,
    Not,
    Pair,
    Prototype,
    Register,
    Scope,
    Sink,
    Symbol,
    Targets,
    Variable,
    Vector,
)
from .types import TYPES

LINKAGE = (".visible", ".extern", ".weak", ".common")
SPACES = (".reg", ".local", ".shared", ".global", ".const", ".param")
# Directives of functions: whether numbers follow.
DIRECTIVES = {
    ".maxntid": True,
    ".reqntid": True,
    ".minnctapersm": True,
    ".maxnreg": True,
    ".maxclusterrank": True,
    ".noreturn": False,
    ".blocksareclusters": False,
}


class Parser:
    def __init__(self, text):
        self.tokens = list(lexer.split(text))
        self.position = 0
        self.module = Module([], {}, text.split("\n"))

    # --- Tokens -------------------------------------------------------------

    @property
    def token(self):
        return self.tokens[self.position]

    def next(self):
        token = self.token
        self.position += 1
        return token

    def take(self, text):
        """Goes past the next token if it is this one."""
        if self.token.text == text and self.token.kind != "string":
            self.position += 1
            return True
        return False

    def expect(self, text):
        if not self.take(text):
            self.fail(f"expected '{text}', found '{self.token.text}'")

    def word(self):
        if self.token.kind != "word":
            self.fail(f"expected a name, found '{self.token.text}'")
        return self.next().text

    def integer(self):
        negative = self.take("-")
        if self.token.kind != "number":
            self.fail(f"expected a number, found '{self.token.text}'")
        value = lexer.number(self.next().text)
        return -value if negative else value

    def fail(self, message, line=None):
        raise PtxError(message, line or self.token.line)

    def skip_line(self):
        line = self.token.line
        while self.token.line == line and self.token.kind != "end":
            self.next()

    # --- The module ---------------------------------------------------------

    def parse(self):
        while self.token.kind != "end":
            self.top_level()
        return self.module

    def top_level(self):
        text = self.token.text
        if text == ".target":
            self.next()
            self.module.target = self.word()
            self.skip_line()
        elif text in (".version", ".address_size", ".file"):
            self.skip_line()
        elif text == ".section":
            while not self.take("{"):
                self.next()
            while not self.take("}"):
                self.next()
        elif self.take("}") or text == "{":
            self.fail("a brace outside of a function", self.token.line)
        else:
            linkage = []
            while self.token.text in LINKAGE:
                linkage.append(self.next().text)
            if self.token.text in (".entry", ".func"):
                self.function()
            elif self.token.text in SPACES:
                for variable in self.variables():
                    variable.is_extern = ".extern" in linkage
                    self.module.variables.append(variable)
            else:
                self.fail(f"unknown directive '{self.token.text}'")

    def function(self):
        line = self.token.line
        is_entry = self.next().text == ".entry"
        results = []
        self.take(".attribute")
        if self.token.text == "(":
            results = self.parameters()
        name = self.word()
        parameters = self.parameters() if self.token.text == "(" else []
        function = Function(name, line, is_entry, results, parameters)
        while self.token.text not in (";", "{"):
            directive = self.next().text
            if directive == ".pragma":
                self.next()
                self.expect(";")
                continue
            if directive not in DIRECTIVES:
                self.fail(f"unknown directive '{directive}'", line)
            numbers = [self.integer()] if DIRECTIVES[directive] else []
            while numbers and self.take(","):
                numbers.append(self.integer())
            function.directives[directive] = numbers
        if self.take(";"):
            self.module.functions.setdefault(name, function)
            return
        self.expect("{")
        function.body = self.statements()
        self.module.functions[name] = function

    def parameters(self):
        found = []
        self.expect("(")
        while not self.take(")"):
            if self.token.text not in (".param", ".reg"):
                self.fail(f"unknown parameter '{self.token.text}'")
            found += self.variables(is_parameter=True)
            self.take(",")
        return found

    def variables(self, is_parameter=False):
        """.space .align n .type name[count] = values, ..."""
        line = self.token.line
        space = self.next().text[1:]
        alignment = 0
        type_name = ""
        while self.token.kind == "word" and self.token.text[0] == ".":
            word = self.next().text[1:]
            if word == "align":
                alignment = self.integer()
            elif word in TYPES:
                type_name = word
            elif word not in ("ptr", "global", "shared", "local", "const"):
                self.fail(f"unknown word '.{word}' in a declaration")
        if not type_name:
            self.fail("a declaration without a type")
        found = []
        while True:
            variable = Variable(space, type_name, self.word(), line)
            variable.alignment = alignment or TYPES[type_name].bytes
            if self.take("<"):
                variable.count = self.integer()
                variable.is_range = True
                self.expect(">")
            while self.take("["):
                if self.take("]"):
                    variable.count = 0
                else:
                    variable.count *= self.integer()
                    self.expect("]")
            if self.take("="):
                variable.values = self.initialiser(variable)
            found.append(variable)
            if is_parameter:
                return found
            if not self.take(","):
                break
        self.expect(";")
        return found

    def initialiser(self, variable):
        if self.take("{"):
            values = []
            while not self.take("}"):
                values += self.initialiser(variable)
                self.take(",")
            return values
        if self.token.kind == "float":
            return [self.float()]
        if self.token.kind == "number" or self.token.text == "-":
            return [Integer(self.integer())]
        name = self.word()
        is_generic = name == "generic" and self.take("(")
        if is_generic:
            name = self.word()
            self.expect(")")
        # A byte of an address is written mask(symbol): not read here.
        offset = 0
        if self.token.text in ("+", "-"):
            sign = -1 if self.next().text == "-" else 1
            offset = sign * self.integer()
        symbol = Symbol(name, offset)
        symbol.is_generic = is_generic
        return [symbol]

    # --- Statements ---------------------------------------------------------

    def statements(self):
        body = []
        while not self.take("}"):
            if self.token.kind == "end":
                self.fail("the file ends inside a function")
            body += self.statement()
        return body

    def statement(self):
        token = self.token
        if self.take("{"):
            return [Scope(self.statements(), token.line)]
        if self.take(";"):
            return []
        if token.text in SPACES:
            return self.variables()
        if token.text in (".loc", ".file"):
            self.skip_line()
            return []
        if token.text == ".pragma":
            self.next()
            self.next()
            self.expect(";")
            return []
        if token.kind == "word" and self.tokens[self.position + 1].text == ":":
            self.next()
            self.next()
            return self.labelled(token)
        if token.kind == "word" and token.text[0] == ".":
            self.fail(f"unknown directive '{token.text}'")
        return [self.instruction()]

    def labelled(self, label):
        if self.take(".branchtargets"):
            labels = [self.word()]
            while self.take(","):
                labels.append(self.word())
            self.expect(";")
            return [Targets(label.text, labels, label.line)]
        if self.take(".callprototype"):
            while not self.take(";"):
                self.next()
            return [Prototype(label.text, label.line)]
        return [Label(label.text, label.line)]

    def instruction(self):
        line = self.token.line
        guard, negated = "", False
        if self.take("@"):
            negated = self.take("!")
            guard = self.word()
        opcode = self.word().split(".")
        operands = []
        while not self.take(";"):
            if self.token.kind == "end":
                self.fail("expected ';'", line)
            operands.append(self.operand())
            if self.token.text != ";":
                self.expect(",")
        return Instruction(opcode, operands, line, guard, negated)

    def list_until(self, end):
        found = []
        while not self.take(end):
            found.append(self.operand())
            if self.token.text != end:
                self.expect(",")
        return found

    def operand(self):
        token = self.token
        if self.take("{"):
            operand = Vector(self.list_until("}"))
        elif self.take("("):
            operand = Group(self.list_until(")"))
        elif self.take("["):
            operand = self.address()
        elif self.take("!"):
            operand = Not(self.operand())
        elif token.kind == "float":
            operand = self.float()
        elif token.kind == "number" or token.text in ("-", "+"):
            self.take("+")
            if self.tokens[self.position + 1].kind == "float":
                self.expect("-")
                value = self.float()
                operand = Float(
                    value.bits ^ 1 << (value.width - 1), value.width
                )
            else:
                operand = Integer(self.integer())
        elif token.text == "_":
            self.next()
            operand = Sink()
        else:
            operand = self.named()
        if self.take("|"):
            operand = Pair(operand, self.operand())
        return operand

    def named(self):
        name = self.word()
        offset = self.offset()
        if name[0] == "%" and not offset:
            return Register(name)
        return Symbol(name, offset)

    def offset(self):
        offset = 0
        while self.token.text in ("+", "-"):
            sign = -1 if self.next().text == "-" else 1
            offset += sign * self.integer()
        return offset

    def address(self):
        if self.token.kind == "number":
            base = Integer(self.integer())
        else:
            name = self.word()
            base = Register(name) if name[0] == "%" else Symbol(name)
        address = Address(base, self.offset())
        if self.take(","):
            address.coordinates = self.operand()
        self.expect("]")
        return address

    def float(self):
        text = self.next().text
        if text[1] in "fF":
            return Float(int(text[2:], 16), 32)
        if text[1] in "dD":
            return Float(int(text[2:], 16), 64)
        bits = struct.unpack("<Q", struct.pack("<d", float(text)))[0]
        return Float(bits, 64)


def parse(text):
    """The module that a PTX file holds."""
    return Parser(text).parse()
