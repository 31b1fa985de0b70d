"""A part of a long text on stdin, for the documentation: the lines from the first
that matches FROM to the next that matches TO, dedented. In a part of MLIR, types
and indexing maps are left out.

usage: docs/excerpt.py [-n OLD=NEW ...] [-x REGEX ...] [-c REGEX ...] FROM TO

    -n OLD=NEW   name of a value instead of the one that the tool made up
    -x REGEX     leave out lines that match
    -c REGEX     cut what matches
"""

import argparse
import re
import sys
import textwrap

TYPE = r"(?:(?:tensor|vector)<[^<>]*>|index|f32|i1|i32|i64)"
TYPES = rf"{TYPE}(?:, {TYPE})*"
BRIEF = [
    rf" -> \(?{TYPES}\)?",
    rf" : {TYPES}(?: to| into) {TYPES}",
    rf" ?: {TYPES}",
    r"indexing_maps = \[[^]]*\](?:, )?",
    r" \{\}",
]


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-n", nargs="+", action="extend", default=[])
    parser.add_argument("-x", nargs="+", action="extend", default=[])
    parser.add_argument("-c", nargs="+", action="extend", default=[])
    parser.add_argument("first")
    parser.add_argument("last")
    options = parser.parse_args()

    lines, inside = [], False
    for line in sys.stdin.read().splitlines():
        if inside or re.search(options.first, line):
            lines.append(line)
            if inside and re.search(options.last, line):
                break
            inside = True
    else:
        sys.exit(f"no lines from '{options.first}' to '{options.last}'")

    text = textwrap.dedent("\n".join(
        line for line in lines if not any(re.search(x, line) for x in options.x)))
    for pattern in [*BRIEF, *options.c]:
        text = re.sub(pattern, "", text, flags=re.M)
    names = dict(name.split("=") for name in options.n)
    unknown = [name for name in names if not re.search(rf"%{name}\b", text)]
    if unknown:
        sys.exit(f"there is no %{unknown[0]} in\n{text}")
    print(re.sub(r"%(\w+)", lambda match: "%" + names.get(match[1], match[1]), text))


if __name__ == "__main__":
    main()
