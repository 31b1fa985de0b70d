"""The instructions of PTX as C++: one function for each first word."""

from .registry import Operation, find
from . import (  # noqa: F401 (they register their instructions)
    arithmetic,
    comparison,
    control,
    conversion,
    copies,
    floating,
    integer,
    memory,
    tensor,
    warp,
)


def translate(function, instruction):
    """C++ statements for an instruction.

    Every word of the opcode must be understood: one that is left over is an
    error, as its meaning would be lost.
    """
    handler = find(instruction)
    if not handler:
        function.fail(f"unknown instruction '{instruction.text}'")
    operation = Operation(function, instruction)
    code = handler(operation)
    if operation.words:
        function.fail(
            f"unknown modifier '.{operation.words[0]}' of "
            f"'{instruction.text}'"
        )
    return code
