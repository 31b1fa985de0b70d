"""Runs a function as it is written and with its attention raised, each compiled
and compared with the reference: check-raised.py FILE [option of attn-run]..."""

import subprocess
import sys

for options in (["--raise=false"], ["--form=blocked"]):
    command = ["attn-run", *sys.argv[1:], "--check", *options]
    if subprocess.run(command).returncode != 0:
        sys.exit(" ".join(command) + " failed")
