"""translate-ptx.py PTX DESCRIPTION: the PTX, compiled for the emulator, and what the
stub of libcuda needs to know to call it, in words that fscanf can read."""

import sys

from ptx_emulator import build
from ptx_emulator.launch import default_cache
from ptx_emulator.module import ModuleTranslator
from ptx_emulator.parser import parse
from ptx_emulator.types import TYPES

with open(sys.argv[1], encoding="utf-8") as file:
    tree = parse(file.read())
translator = ModuleTranslator(tree)
library = build.build(translator.translate(), default_cache())
lines = [library]
for variable in translator.globals:
    data = bytes(translator.initial(variable))
    lines.append(f"global {int(variable.space == 'global')} {len(data)} ")
    lines[-1] += data.hex() or "-"
for function in tree.functions.values():
    if not function.is_entry:
        continue
    required = (function.directives.get(".reqntid") or [0]) + [1, 1]
    lines.append("kernel {} {} {} {}".format(function.name, *required[:3]))
    for parameter in function.parameters:
        size = TYPES[parameter.type].bytes * parameter.count
        lines.append(f"parameter {size} {max(parameter.alignment, 1)}")
with open(sys.argv[2], "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
