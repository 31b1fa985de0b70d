"""usage: status.py STATUS COMMAND...

Runs the command, passes on what it says on stdout, and demands this exit status.
"""

import subprocess
import sys

done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(done.stdout, end="")
if done.returncode != int(sys.argv[1]):
    sys.exit(f"exit status {done.returncode}, not {sys.argv[1]}")
