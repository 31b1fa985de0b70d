"""Writes PTX from Python: registers get their numbers here."""


class Writer:
    WIDTHS = {"r": "b32", "rd": "b64", "p": "pred", "h": "b16"}

    def __init__(self):
        self.lines = []
        self.used = {kind: 0 for kind in self.WIDTHS}

    def new(self, kind="r"):
        self.used[kind] += 1
        return f"%{kind}{self.used[kind]}"

    def many(self, count, kind="r"):
        return [self.new(kind) for _ in range(count)]

    def __call__(self, text):
        self.lines.append(f"  {text};")

    def label(self, name):
        self.lines.append(f"{name}:")

    def set(self, opcode, *operands, kind="r"):
        """A new register with the result of an instruction."""
        register = self.new(kind)
        self(f"{opcode} {', '.join([register, *map(str, operands)])}")
        return register

    def function(self, name, parameters, shared=0):
        """One kernel; parameters are (type, name)."""
        given = ", ".join(f".param {t} {n}" for t, n in parameters)
        registers = [
            f"  .reg .{width} %{kind}<{self.used[kind] + 1}>;"
            for kind, width in self.WIDTHS.items()
        ]
        if shared:
            registers.append(f"  .shared .align 1024 .b8 tiles[{shared}];")
        body = "\n".join(registers + self.lines)
        return f".visible .entry {name}({given})\n{{\n{body}\n  ret;\n}}\n"

    def kernel(self, name, parameters, target="sm_80", shared=0):
        """A file with this one kernel."""
        return head(target, not shared) + self.function(
            name, parameters, shared=shared)


def head(target, dynamic=False):
    """The first lines of a file; `dynamic`: tiles are what a launch gives."""
    text = f".version 8.0\n.target {target}\n.address_size 64\n"
    if dynamic:
        text += ".extern .shared .align 1024 .b8 tiles[];\n"
    return text


def braces(registers):
    return "{" + ", ".join(registers) + "}"
