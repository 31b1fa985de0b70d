"""The syntax tree of PTX, as far as this emulator reads it."""

from dataclasses import dataclass, field


# --- Operands ---------------------------------------------------------------


@dataclass
class Register:
    name: str  # With the percent sign, if it has one.


@dataclass
class Integer:
    value: int


@dataclass
class Float:
    """A constant given by its bits (0f..., 0d...)."""

    bits: int
    width: int


@dataclass
class Symbol:
    """The address of a variable or function, plus some bytes."""

    name: str
    offset: int = 0


@dataclass
class Address:
    """[base + offset], or [base, {coordinates}]."""

    base: object  # Register, Symbol or Integer.
    offset: int = 0
    coordinates: object = None


@dataclass
class Vector:
    elements: list


@dataclass
class Pair:
    """Two results: p|q."""

    first: object
    second: object


@dataclass
class Not:
    """!p."""

    operand: object


@dataclass
class Group:
    """(a, b): the arguments or results of a call."""

    elements: list


@dataclass
class Sink:
    """_: a result nobody wants."""


# --- Statements -------------------------------------------------------------


@dataclass
class Instruction:
    opcode: list  # The words between the dots.
    operands: list
    line: int
    guard: str = ""  # The predicate's register.
    guard_negated: bool = False

    @property
    def text(self):
        return ".".join(self.opcode)


@dataclass
class Label:
    name: str
    line: int


@dataclass
class Variable:
    space: str  # reg, local, shared, global, const or param
    type: str
    name: str
    line: int
    count: int = 1  # Registers %r<count>, or elements of an array.
    is_range: bool = False  # %r<10> rather than %r.
    alignment: int = 0
    values: list = field(default_factory=list)
    is_extern: bool = False


@dataclass
class Scope:
    """{ ... }: names inside are not seen outside."""

    body: list
    line: int


@dataclass
class Targets:
    """label: .branchtargets a, b, c;"""

    name: str
    labels: list
    line: int


@dataclass
class Prototype:
    """label: .callprototype ...;"""

    name: str
    line: int


@dataclass
class Function:
    name: str
    line: int
    is_entry: bool
    results: list
    parameters: list
    body: list = None  # None: only declared.
    directives: dict = field(default_factory=dict)  # .reqntid: [128, 1, 1]


@dataclass
class Module:
    variables: list
    functions: dict
    lines: list
    target: str = ""
