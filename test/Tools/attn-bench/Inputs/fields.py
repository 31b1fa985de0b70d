"""usage: fields.py TABLE.json [FIELD...]

Prints the names of a table's fields and of each row's, or these fields of each row.
Numbers must be numbers, and positive.
"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    table = json.load(file)
if len(sys.argv) == 2:
    print(", ".join(table))
for row in table["rows"]:
    for name, value in row.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "bytes":
            assert value > 0, (name, value)
    if len(sys.argv) == 2:
        print(", ".join(row))
    else:
        print(" ".join(f"{name}={row[name]}" for name in sys.argv[2:]))
