"""Types of PTX."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    name: str
    kind: str  # b(its), u(nsigned), s(igned), f(loat), bf, tf, e (8 bits), p
    bits: int
    lanes: int = 1  # Numbers packed into the bits.

    @property
    def bytes(self):
        return max(self.bits // 8, 1)

    @property
    def is_float(self):
        return self.kind in ("f", "bf", "tf", "e")

    @property
    def is_signed(self):
        return self.kind == "s"

    @property
    def unsigned(self):
        """The C++ type of the bits."""
        if self.kind == "p":
            return "bool"
        if self.bits == 128:
            return "unsigned __int128"
        return f"uint{self.bits}_t"

    @property
    def number(self):
        """The C++ type of an integer's value."""
        return f"int{self.bits}_t" if self.is_signed else self.unsigned


TYPES = {
    t.name: t
    for t in [
        *(Type(f"b{n}", "b", n) for n in (8, 16, 32, 64, 128)),
        *(Type(f"u{n}", "u", n) for n in (8, 16, 32, 64)),
        *(Type(f"s{n}", "s", n) for n in (8, 16, 32, 64)),
        *(Type(f"f{n}", "f", n) for n in (16, 32, 64)),
        Type("bf16", "bf", 16),
        Type("tf32", "tf", 32),
        Type("f16x2", "f", 32, 2),
        Type("bf16x2", "bf", 32, 2),
        Type("u16x2", "u", 32, 2),
        Type("s16x2", "s", 32, 2),
        Type("e4m3x2", "e", 16, 2),
        Type("e5m2x2", "e", 16, 2),
        Type("pred", "p", 1),
    ]
}
