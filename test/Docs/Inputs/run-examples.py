"""Runs the examples of TableGen descriptions.

A pass shows a module, then, after a line with "becomes", fragments of what the
pass makes of it: they must appear in this order, where "..." stands for
anything and names of values do not matter. Options named in that line are
given to the pass. The example of an operation, attribute or type must parse;
values that it uses but does not define are made up, and so are `#matrix` and
`#rows`, layouts of fragments with 64 rows.

usage: run-examples.py ATTN_OPT FILE.td ...
"""

import re
import subprocess
import sys
import textwrap

DEFINITION = re.compile(r"^def (\w+) ?:((?:(?!^def ).)*?)^}", re.M | re.S)
BLOCK = re.compile(r"^( *)```mlir\n(.*?)^\1```", re.M | re.S)


LAYOUTS = '''
#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
'''


def run(tool, text, *options):
    done = subprocess.run([tool, "-", "--allow-unregistered-dialect", *options],
                          input=text, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def fragment_regex(line):
    """A line of an expectation as a regular expression."""
    parts = []
    for part in re.split(r"(%\w+(?:#\d+|:\d+)?(?:, %\w+)*|\.\.\.)", line.strip()):
        if part == "...":
            parts.append(".*")
        elif part.startswith("%"):
            parts.append(r"%[\w#:]+(?:, %[\w#:]+)*")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts))


def missing_fragment(expected, output):
    lines = iter(output.splitlines())
    for line in filter(None, map(str.strip, expected.splitlines())):
        pattern = fragment_regex(line)
        if not any(pattern.search(candidate) for candidate in lines):
            return line
    return None


def check_pass(tool, flag, description, blocks):
    if len(blocks) != 2:
        return f"needs two examples, before and after, has {len(blocks)}"
    between = description[description.index("```", description.index("```mlir") + 3):]
    given = re.search(r"becomes[^`]*with `([^`]*)`", between)
    argument = f"--{flag}" + (f"={given.group(1)}" if given else "")
    status, output, errors = run(tool, blocks[0], argument)
    if status:
        return f"its example fails: {errors}"
    line = missing_fragment(blocks[1], output)
    return f"does not print, in order: {line}\n{output}" if line else None


def split_types(text):
    depth, types = 0, [""]
    for char in text:
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            types.append("")
        else:
            types[-1] += char
    return [item.strip() for item in types]


def kernel_types(example):
    """Types of the operands of an operation of the kernel dialect."""
    match = re.match(r"(?:%\w+ = )?kernel\.(\w+)(.*?) : (.*)", example, re.S)
    if not match:
        return {}
    listed = split_types(re.sub(r"\s+(?:to|->)\s+", ", ", match[3]))
    operands = re.findall(r"%\w+", re.sub(r"\[.*?\]", "", match[2]))
    return dict(zip(operands, listed))


def wrap(example):
    """A module around an example of an operation."""
    types = {} if "{\n" in example else kernel_types(example)
    for names, listed in re.findall(r"\((%\w+(?:, %\w+)*) : (.*?)\)(?=\s|$)", example):
        types.update(zip(names.split(", "), split_types(listed)))
    types.update(re.findall(r"tensor\.extract (%\w+)\[.*\] : (\S+)", example))
    types.update(re.findall(r"attn\.yield (%\w+) : (\w+)", example))
    defined = set(re.findall(r"(%\w+)(?:, %\w+)*(?::\d)? =", example))
    defined |= {name for names in re.findall(r"(%\w+(?:, %\w+)*) =", example)
                for name in names.split(", ")}
    defined |= set(re.findall(r"(%\w+) : \w+(?=[,)])", "".join(
        re.findall(r"score\(.*?\)", example))))
    defined |= set(re.findall(r"(%\w+): ", example))  # Arguments of regions.
    used = dict.fromkeys(re.findall(r"%\w+", example))
    arguments = ", ".join(f"{name}: {types.get(name, 'index')}"
                          for name in used if name not in defined)
    if re.match(r"attn\.yield|recur\.yield|kernel\.yield|%t = recur\.index", example):
        return None  # Only inside a region; shown with attention.
    layouts = LAYOUTS if "kernel." in example else ""
    return layouts + f"func.func @example({arguments}) {{\n{example}\nreturn\n}}\n"


def check_definition(tool, name, body, description, blocks):
    if not blocks:
        return "has no example"
    for block in blocks:
        text = block.strip()
        if text.startswith("!"):
            text = f'"test.op"() {{type = {text}}} : () -> ()'
        elif re.match(r"#\w+ = ", text):
            name = text.split(" ")[0]
            text += f'\n"test.op"() {{value = {name}}} : () -> ()'
        elif re.match(r"\w+ = #", text):
            text = f'"test.op"() {{{text}}} : () -> ()'
        else:
            text = wrap(text)
        if text:
            status, _, errors = run(tool, text)
            if status:
                return f"its example fails: {errors}\n{text}"
    return None


def main():
    tool, files = sys.argv[1], sys.argv[2:]
    count = failures = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, body in DEFINITION.findall(text):
            description = re.search(r"let description = \[\{(.*?)\}\];", body, re.S)
            described = description.group(1) if description else ""
            blocks = [textwrap.dedent(block) for _, block in BLOCK.findall(described)]
            flag = re.match(r' Pass<"([\w-]+)"', body)
            if flag:
                problem = check_pass(tool, flag.group(1), described, blocks)
            elif re.match(r" (Attn_(Op|AttentionLikeOp|Mask|MaskList)|Recur_(Op|Monoid)|"
                          r"Kernel_(Op|ProductOp))<", body) or \
                    re.match(r" (Op|AttrDef|TypeDef|EnumAttr)<(Attn|Recur|Kernel)_Dialect",
                             body):
                problem = check_definition(tool, name, body, described, blocks)
            else:
                continue
            count += 1
            if problem:
                failures += 1
                print(f"{path}: {name}: {problem}")
    print(f"{count - failures} of {count} examples hold")
    sys.exit(failures != 0 or count == 0)


if __name__ == "__main__":
    main()
