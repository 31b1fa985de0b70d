"""Reads the page that a unit test prints: well-formed, self-contained, and its
curve is inside of the drawing.

    check-page.py OUTPUT
"""

import sys
import xml.etree.ElementTree as xml

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"

output = open(sys.argv[1], encoding="utf-8").read()
page = output.split("BEGIN PAGE\n")[1].split("END PAGE\n")[0]
root = xml.fromstring(page)

assert root.find(f".//{XHTML}title").text == '<decoder> & "friends"'
for word in ("http-equiv", "<script", "src=", "href=", "url(", "@import"):
    assert word not in page, f"the page loads something: {word}"

(svg,) = root.iter(f"{SVG}svg")
_, _, width, height = map(float, svg.get("viewBox").split())
points = [
    (float(circle.get("cx")), float(circle.get("cy")), circle.get("class"))
    for circle in svg.iter(f"{SVG}circle")
]
assert all(0 < x < width and 0 < y < height for x, y, _ in points)
assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in zip(points, points[1:]))
(chosen,) = [point for point in points if point[2] == "chosen"]
(budget,) = [
    float(line.get("x1"))
    for line in svg.iter(f"{SVG}line")
    if line.get("class") == "budget"
]
after = points[points.index(chosen) + 1]
assert chosen[0] <= budget < after[0], "the budget is after the chosen point"

(row,) = [row for row in root.iter(f"{XHTML}tr") if row.get("class") == "chosen"]
strong = root.find(f".//{XHTML}strong").text
assert row[0].text == strong, f"{row[0].text} or {strong}"
cells = ["".join(cell.itertext()) for cell in root.iter(f"{XHTML}td")]
assert "memory < 64 KiB & 6 layers" in cells
print(len(points), "points")
