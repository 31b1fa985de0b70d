"""Lists of docs/Raising/Spellings.md, from test/Conversion/LinalgToAttn: each
file there is one spelling, its first comment says which.

usage: docs/raising.py raised|refused
"""

import pathlib
import re
import sys
import textwrap

TOP = pathlib.Path(__file__).resolve().parent.parent
TESTS = TOP / "test/Conversion/LinalgToAttn"


def comment(text):
    """The comment after the RUN lines."""
    lines = []
    for line in text.splitlines():
        if line.startswith("//") and not re.match(r"// *(RUN|CHECK|REQUIRES)", line):
            lines.append(line[2:].strip())
        elif lines:
            break
    return " ".join(lines)


def main():
    refused = sys.argv[1] == "refused"
    for path in sorted(TESTS.glob("*.mlir")):
        text = path.read_text(encoding="utf-8")
        if "RUN:" not in text or path.name.startswith("not-") != refused:
            continue
        print(path.stem)
        print(textwrap.fill(comment(text), 76, initial_indent="    ", subsequent_indent="    "))
        remarks = re.findall(r"attention not raised: (.*?);", text)
        for remark in dict.fromkeys(remarks):
            print(textwrap.fill("=> " + remark, 76, initial_indent="    ", subsequent_indent="       "))


if __name__ == "__main__":
    main()
