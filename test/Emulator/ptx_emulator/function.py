"""Translates one function of PTX into C++."""

import re

from . import instructions
from .errors import PtxError
from .syntax import (
    Address,
    Float,
    Instruction,
    Integer,
    Label,
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

SPECIAL = {
    **{f"%tid.{d}": f"t.id[{i}]" for i, d in enumerate("xyz")},
    **{f"%ntid.{d}": f"block.size[{i}]" for i, d in enumerate("xyz")},
    **{f"%ctaid.{d}": f"block.id[{i}]" for i, d in enumerate("xyz")},
    **{f"%nctaid.{d}": f"block.grid[{i}]" for i, d in enumerate("xyz")},
    # Clusters of one block each.
    **{f"%cluster_ctaid.{d}": "0u" for d in "xyz"},
    **{f"%cluster_nctaid.{d}": "1u" for d in "xyz"},
    **{f"%clusterid.{d}": f"block.id[{i}]" for i, d in enumerate("xyz")},
    **{f"%nclusterid.{d}": f"block.grid[{i}]" for i, d in enumerate("xyz")},
    "%cluster_ctarank": "0u",
    "%cluster_nctarank": "1u",
    "%laneid": "t.lane",
    "%warpid": "(t.index / 32)",
    "%nwarpid": "block.warps",
    "%smid": "0u",
    "%nsmid": "1u",
    "%gridid": "0u",
    "%lanemask_eq": "(1u << t.lane)",
    "%lanemask_lt": "((1u << t.lane) - 1)",
    "%lanemask_le": "((2u << t.lane) - 1)",
    "%lanemask_gt": "~((2u << t.lane) - 1)",
    "%lanemask_ge": "~((1u << t.lane) - 1)",
    "%clock": "uint32_t(clockNow())",
    "%clock_hi": "uint32_t(clockNow() >> 32)",
    "%clock64": "clockNow()",
    "%globaltimer": "clockNow()",
    "%globaltimer_lo": "uint32_t(clockNow())",
    "%globaltimer_hi": "uint32_t(clockNow() >> 32)",
    "%dynamic_smem_size": "block.dynamicShared",
    "%total_smem_size": "block.totalShared",
}


class RegisterInfo:
    def __init__(self, code, type_):
        self.code = code
        self.type = type_
        self.tracked = None  # Its number, if wgmma uses it.


class Names:
    """What the names of one pair of braces mean."""

    def __init__(self):
        self.entities = {}
        self.ranges = {}


class FunctionTranslator:
    def __init__(self, module, function):
        self.module = module
        self.function = function
        self.scopes = []
        self.names_of = {}  # Of each scope.
        self.declarations = []
        self.output = []
        self.used = 0
        self.tracked = 0
        self.local_bytes = 0
        self.parameter_copies = {}  # Where in the frame they are, if at all.
        self.line = function.line
        self.is_move = False  # Whether a mov is translated.
        self.run = None  # Where the open run of instructions is counted.

    # --- Names --------------------------------------------------------------

    def fail(self, message):
        raise PtxError(message, self.line)

    def fresh(self, name):
        self.used += 1
        return re.sub(r"\W", "_", name.lstrip("%")) + f"_{self.used}"

    def find(self, name):
        """The register, variable or label of this name, or None."""
        for scope in reversed(self.scopes):
            if name in scope.entities:
                return scope.entities[name]
            match = re.fullmatch(r"(.*?)(\d+)", name)
            if match and match[1] in scope.ranges:
                type_, count = scope.ranges[match[1]]
                if int(match[2]) < count:
                    entity = self.register(name, type_)
                    scope.entities[name] = entity
                    return entity
        return None

    def register(self, name, type_):
        return RegisterInfo(self.fresh(name), TYPES[type_])

    def collect(self, body, key):
        """Declares the names of a scope, then those of the scopes in it."""
        names = Names()
        self.names_of[key] = names
        self.scopes.append(names)
        for item in body:
            self.line = getattr(item, "line", self.line)
            if isinstance(item, Variable):
                self.declare(names, item)
            elif isinstance(item, Label):
                names.entities[item.name] = ("label", self.fresh(item.name))
            elif isinstance(item, Targets):
                names.entities[item.name] = ("targets", item.labels)
            elif isinstance(item, Prototype):
                names.entities[item.name] = ("prototype",)
        for item in body:
            if isinstance(item, Scope):
                self.collect(item.body, id(item))
            elif isinstance(item, Instruction):
                self.line = item.line
                self.track(item)
        self.scopes.pop()

    def declare(self, names, item):
        if item.name in names.entities:
            self.fail(f"'{item.name}' is declared twice")
        if item.space == "reg" and item.is_range:
            names.ranges[item.name] = (item.type, item.count)
        elif item.space == "reg":
            names.entities[item.name] = self.register(item.name, item.type)
        elif item.space == "local":
            align = max(item.alignment, 1)
            self.local_bytes += -self.local_bytes % align
            offset = self.local_bytes
            self.local_bytes += TYPES[item.type].bytes * item.count
            names.entities[item.name] = ("local", f"(frame.base + {offset})")
        elif item.space == "shared":
            names.entities[item.name] = (
                "shared",
                self.module.place_shared(item),
            )
        elif item.space == "param":
            code = self.fresh(item.name)
            size = TYPES[item.type].bytes * item.count
            self.declarations.append(f"alignas(16) uint8_t {code}[{size}];")
            names.entities[item.name] = ("param", code, size)
        else:
            self.fail(f"a .{item.space} variable inside a function")

    def track(self, instruction):
        """Notes the registers that wgmma uses asynchronously."""
        if instruction.opcode[:2] != ["wgmma", "mma_async"]:
            return
        for operand in instruction.operands[:2]:
            for element in getattr(operand, "elements", []):
                entity = self.find(getattr(element, "name", ""))
                if not isinstance(entity, RegisterInfo):
                    self.fail("wgmma: not a register")
                if entity.tracked is None:
                    entity.tracked = self.tracked
                    self.tracked += 1

    # --- Operands -----------------------------------------------------------

    def entity(self, operand):
        if isinstance(operand, (Register, Symbol)):
            return self.find(operand.name)
        return None

    def read(self, info):
        if info.tracked is not None:
            return f"readTracked(t, tracked[{info.tracked}], {self.line})"
        return info.code

    def value(self, operand, type_, any_width=False):
        """C++ for the bits of an operand, of type `type_.unsigned`."""
        cast = type_.unsigned
        entity = self.entity(operand)
        if isinstance(entity, RegisterInfo):
            if getattr(operand, "offset", 0):
                self.fail("a register plus a number is no operand here")
            if entity.type.bits != type_.bits and not any_width:
                self.fail(
                    f"{operand.name} has {entity.type.bits} bits, the "
                    f"instruction wants {type_.bits}"
                )
            return f"{cast}({self.read(entity)})"
        if isinstance(operand, Integer):
            value = operand.value & ((1 << type_.bits) - 1)
            if type_.name == "pred":
                return "true" if operand.value else "false"
            return f"{cast}({value}{'u' if value < 1 << 32 else 'ull'})"
        if isinstance(operand, Float):
            return f"{cast}({self.float_bits(operand, type_)}ull)"
        if isinstance(operand, Register) and operand.name in SPECIAL:
            return f"{cast}({SPECIAL[operand.name]})"
        if isinstance(operand, Symbol) and operand.name == "WARP_SZ":
            return f"{cast}(32)"
        if isinstance(operand, Symbol):
            return f"{cast}({self.address_of(operand)})"
        if isinstance(operand, Register):
            self.fail(f"unknown register '{operand.name}'")
        self.fail(f"an operand of this kind is not possible here: {operand}")

    def float_bits(self, operand, type_):
        if operand.width == type_.bits:
            return operand.bits
        if operand.width == 64 and type_.bits == 32:
            import struct

            value = struct.unpack("<d", struct.pack("<Q", operand.bits))[0]
            return struct.unpack("<I", struct.pack("<f", value))[0]
        self.fail(f"a constant of {operand.width} bits for .{type_.name}")

    def address_of(self, symbol):
        """C++ for a variable's address in its own space."""
        entity = self.find(symbol.name)
        if entity is None:
            entity = self.module.find(symbol.name)
        if entity is None:
            self.fail(f"unknown name '{symbol.name}'")
        kind = entity[0]
        if kind == "param" and len(entity) == 4:
            return f"({entity[3]} + {symbol.offset})"
        if kind == "param" and symbol.name in self.parameter_copies:
            code = self.parameter_copy(symbol.name, entity)
            return f"({code} + {symbol.offset})"
        if kind not in ("local", "shared", "global", "function"):
            self.fail(f"the address of '{symbol.name}' cannot be taken")
        return f"({entity[1]} + {symbol.offset})"

    def parameter_copy(self, name, entity):
        """A function's parameter whose address is taken lies in local memory.

        Returns C++ for its address there.
        """
        if self.parameter_copies[name] is None:
            self.local_bytes += -self.local_bytes % 16
            self.parameter_copies[name] = self.local_bytes
            self.local_bytes += entity[2]
        return f"(frame.base + {self.parameter_copies[name]})"

    def number(self, operand, type_):
        """C++ for the integer value of an operand, with its sign."""
        return f"{type_.number}({self.value(operand, type_)})"

    def predicate(self, operand):
        from .syntax import Not

        if isinstance(operand, Not):
            return f"!{self.value(operand.operand, TYPES['pred'])}"
        return self.value(operand, TYPES["pred"])

    def assign(self, operand, code, any_width=False, type_=None):
        """C++ that gives a register a value."""
        if isinstance(operand, Sink):
            return f"(void)({code});"
        entity = self.entity(operand)
        if not isinstance(entity, RegisterInfo):
            self.fail("the result is not a register")
        if type_ and not any_width and entity.type.bits != type_.bits:
            self.fail(
                f"{operand.name} has {entity.type.bits} bits, the "
                f"instruction gives {type_.bits}"
            )
        if entity.tracked is not None:
            return (
                f"writeTracked(t, tracked[{entity.tracked}], {code}, "
                f"{self.line}, {'true' if self.is_move else 'false'});"
            )
        return f"{entity.code} = {entity.type.unsigned}({code});"

    def address(self, operand, space):
        """C++ for the generic address that [...] of a space means."""
        if not isinstance(operand, Address):
            self.fail("expected an address in brackets")
        code = self.plain_address(operand)
        if space == "shared":
            return f"inSpace(Shared, {code})"
        if space == "local":
            return f"inSpace(Local, {code})"
        if space == "param":
            return f"inSpace(Params, {code})"
        if space in ("global", "const"):
            return f"inGlobal({code})"
        return code

    def plain_address(self, operand):
        """C++ for the number in the brackets."""
        base = operand.base
        entity = self.entity(base)
        if isinstance(entity, RegisterInfo):
            if entity.type.bits not in (32, 64):
                self.fail(f"an address of {entity.type.bits} bits")
            code = f"uint64_t({self.read(entity)})"
        else:
            code = self.value(base, TYPES["u64"])
        if operand.offset:
            code = f"({code} + {operand.offset}ll)"
        return code

    def label(self, operand):
        entity = self.entity(operand)
        if not entity or entity[0] != "label":
            self.fail(f"unknown label '{getattr(operand, 'name', '?')}'")
        return entity[1]

    # --- Statements ---------------------------------------------------------

    def emit(self, code):
        self.output.append("  " + code)

    def start_run(self):
        self.end_run()
        self.run = [len(self.output), 0, self.line]
        self.output.append("")

    def end_run(self):
        if self.run:
            position, instructions_, line = self.run
            if instructions_:
                self.output[position] = f"  step(t, {line}, {instructions_});"
        self.run = None

    def body(self, body, key):
        self.scopes.append(self.names_of[key])
        for item in body:
            self.line = getattr(item, "line", self.line)
            if isinstance(item, Scope):
                self.body(item.body, id(item))
            elif isinstance(item, Label):
                self.end_run()
                self.emit(f"{self.find(item.name)[1]}:;")
                self.start_run()
            elif isinstance(item, Instruction):
                self.instruction(item)
        self.scopes.pop()

    def instruction(self, item):
        if not self.run:
            self.start_run()
        self.run[1] += 1
        self.is_move = item.opcode[0] == "mov"
        code = instructions.translate(self, item)
        if item.guard:
            guard = self.value(Register(item.guard), TYPES["pred"])
            code = f"if ({'!' if item.guard_negated else ''}{guard}) {{ {code} }}"
        self.emit(f"{{ {code} }} // {item.line}")

    def translate(self):
        function = self.function
        top = Names()
        self.scopes.append(top)
        parameters = list(function.results) + list(function.parameters)
        offset = 0
        for i, item in enumerate(parameters):
            self.line = item.line
            size = TYPES[item.type].bytes * item.count
            if item.space == "reg":
                self.fail("parameters in registers are not read")
            if function.is_entry:
                align = max(item.alignment, 1)
                offset += -offset % align
                entity = ("param", f"(params[0] + {offset})", size, offset)
                offset += size
            else:
                entity = ("param", f"params[{i}]", size)
                if i >= len(function.results):
                    self.parameter_copies[item.name] = None
            top.entities[item.name] = entity
        self.collect(function.body, "body")
        self.body(function.body, "body")
        self.end_run()
        self.scopes.pop()
        return self.assemble()

    def assemble(self):
        lines = [f"static void {self.module.code_name(self.function.name)}"
                 "(Thread &t, uint8_t **params) {"]
        registers = {}
        for names in self.names_of.values():
            for entity in names.entities.values():
                if isinstance(entity, RegisterInfo) and entity.tracked is None:
                    registers[entity.code] = entity.type
        for code, type_ in registers.items():
            start = "false" if type_.kind == "p" else f"{type_.unsigned}(-1)"
            lines.append(f"  {type_.unsigned} {code} = {start};")
        lines += ["  " + line for line in self.declarations]
        lines.append("  bool carry = false;")
        lines.append(f"  checkStack(t, {self.function.line});")
        if self.tracked:
            lines.append(f"  Tracked tracked[{self.tracked}];")
        if self.local_bytes:
            lines.append(
                f"  Frame frame(t, {self.function.line}, {self.local_bytes});"
            )
        for i, item in enumerate(
            [*self.function.results, *self.function.parameters]
        ):
            at = self.parameter_copies.get(item.name)
            if at is not None:
                size = TYPES[item.type].bytes * item.count
                lines.append(f"  fillLocal(t, frame.base + {at}, params[{i}], {size});")
        lines += [line for line in self.output if line]
        return "\n".join(lines + [self.leave(), "}"])

    def leave(self):
        if self.tracked:
            return (
                f"checkTrackedAtReturn(t, {self.line}, tracked, "
                f"{self.tracked});"
            )
        return ""
