"""The figures of docs/Performance.md, from what attn-bench --json wrote.

usage: docs/performance.py table TABLE.json            a table, to stdout
       docs/performance.py plot TABLE.json PLOT.svg    share of the peak by length

The plot has a line for each program, kind and head dimension that was measured at
three lengths or more, with as many keys as queries and a key head for each head.
Points of peers whose products alone do not count are hollow.
"""

import collections
import json
import sys

COLORS = {
    "blocked": "#0b6e4f",
    "materialized": "#c8553d",
    "flash over OpenBLAS": "#3d5a98",
    "flash over oneDNN": "#3d5a98",
    "materialized over OpenBLAS": "#8a6fb0",
    "materialized over oneDNN": "#8a6fb0",
    "chunked over OpenBLAS": "#3d5a98",
    "chunked over oneDNN": "#3d5a98",
}
OTHER_COLORS = ("#b8860b", "#4a4a4a", "#1b9aaa", "#a23b72")
DASHES = ("", "6 3", "2 3", "8 3 2 3")  # By kind and head dimension.
LEFT, TOP, WIDTH, HEIGHT, LEGEND = 56, 36, 420, 260, 340


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


#===----------------------------------------------------------------------===#
# Table
#===----------------------------------------------------------------------===#

def cells(row):
    reads = row["limit"] == "reads"
    work = row["bytes"] if reads else row["flops"]
    gemm = f"{row['gemm_share'] * 100:.0f} %" if "gemm_share" in row else ""
    if not row.get("counts", True):
        gemm += " (!)"
    return (row["workload"], row["type"], row["program"], f"{row['best_s'] * 1e3:.2f} ms",
            f"{work / row['best_s'] * 1e-9:.1f} {'GB/s' if reads else 'GFLOP/s'}",
            f"{row['limit_per_s'] * 1e-9:.0f}", f"{row['share'] * 100:.0f} %",
            f"{row['median_share'] * 100:.0f} %", gemm)


def print_table(table):
    rows = [cells(row) for row in table["rows"]]
    header = ("workload", "type", "program", "best", "rate", "limit", "share", "median", "gemm alone")
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    print(f"{table['machine']}; best and median of {table['repetitions']}")
    if "peers" in table:
        print(f"peers: {table['peers']}")
    print()
    for line in (header, *rows):
        print("  ".join(cell.ljust(width) if i < 3 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


#===----------------------------------------------------------------------===#
# Plot
#===----------------------------------------------------------------------===#

def get_series(rows):
    """(program, variant) -> [(length, share, counts)], in the order of the table."""
    series = collections.defaultdict(list)
    for row in rows:
        plain = row.get("queries", 0) == row.get("keys", -1) and row["heads"] == row["kv_heads"]
        if not plain or row["limit"] != "fma":
            continue
        kind = "" if row["mask"] == "causal" else row["mask"] + ", "
        variant = f"{kind}{row['type']}, D = {row['head_dim']}"
        series[row["program"], variant].append(
            (row["queries"], row["share"], row.get("counts", True)))
    return {key: sorted(points) for key, points in series.items() if len(points) >= 3}


class Axes:
    def __init__(self, series):
        lengths = sorted({x for points in series.values() for x, *_ in points})
        self.lengths = lengths

    def x(self, length):
        """Lengths are evenly spaced: they double."""
        return LEFT + WIDTH * self.lengths.index(length) / max(1, len(self.lengths) - 1)

    def y(self, share):
        return TOP + HEIGHT * (1 - share)


def text(x, y, content, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{content}</text>'


def grid(axes):
    for percent in range(0, 101, 20):
        y = axes.y(percent / 100)
        yield f'<path d="M{LEFT} {y:.1f}h{WIDTH}" stroke="#ddd"/>'
        yield text(LEFT - 8, y + 4, f"{percent} %", "end")
    for length in axes.lengths:
        yield text(axes.x(length), TOP + HEIGHT + 18, length)
    yield text(LEFT + WIDTH / 2, TOP + HEIGHT + 38, "tokens")
    yield text(LEFT, TOP - 14, "share of the FMA peak, one thread", "start")


def style(program, variant, programs, variants):
    others = [name for name in programs if name not in COLORS]
    color = COLORS.get(program) or OTHER_COLORS[others.index(program) % len(OTHER_COLORS)]
    return color, DASHES[variants.index(variant) % len(DASHES)]


def draw(series):
    axes = Axes(series)
    programs = list(dict.fromkeys(program for program, _ in series))
    variants = list(dict.fromkeys(variant for _, variant in series))
    yield from grid(axes)
    for i, ((program, variant), points) in enumerate(series.items()):
        color, dash = style(program, variant, programs, variants)
        line = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y, _ in points)
        stroke = f'fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"'
        yield f'<polyline points="{line}" {stroke}/>'
        for x, y, counts in points:
            yield (f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="3" stroke="{color}" '
                   f'fill="{color if counts else "white"}"/>')
        left, y = LEFT + WIDTH + 20, TOP + 8 + 20 * i
        yield f'<path d="M{left} {y}h28" {stroke}/>'
        yield text(left + 36, y + 4, f"{program}, {variant}", "start")


def plot(table, path):
    series = get_series(table["rows"])
    if not series:
        sys.exit("error: no program was measured at three lengths or more")
    width = LEFT + WIDTH + LEGEND
    height = max(TOP + HEIGHT + 50, TOP + 20 * len(series) + 20)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>', *draw(series), "</svg>"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "table":
        print_table(load(sys.argv[2]))
    elif len(sys.argv) == 4 and sys.argv[1] == "plot":
        plot(load(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
