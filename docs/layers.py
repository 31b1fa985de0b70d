"""What the layers of test/Examples/decoder-layer.py take at 2048 tokens on one thread:
spelled out in linalg, without their attention, and their attention alone.

usage: docs/layers.py
"""

import json
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
LENGTH = 2048
MODELS = {
    "gpt2": dict(dim=768, heads=12, key_heads=12, hidden=3072),
    "llama": dict(dim=1024, heads=16, key_heads=4, hidden=2816),
}


def get_time(folder, model, attention, *options):
    """Best thread CPU time in ms."""
    path = folder / f"{model}-{attention}.mlir"
    sizes = [f"--{name.replace('_', '-')}={size}" for name, size in MODELS[model].items()]
    path.write_text(subprocess.run(
        [sys.executable, TOP / "test/Examples/decoder-layer.py", f"--model={model}",
         f"--length={LENGTH}", f"--attention={attention}", *sizes],
        check=True, capture_output=True, text=True).stdout)
    done = subprocess.run(["attn-run", path, "--time", "--json", *options],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["time"]["best_s"] * 1e3


def main():
    print("layer  raised  not raised  without attention  attention alone  rest + 1.2 x attention")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for model in MODELS:
            raised = get_time(folder, model, "spelled")
            spelled = get_time(folder, model, "spelled", "--raise=false")
            rest = get_time(folder, model, "none")
            alone = get_time(folder, model, "only")
            print(f"{model:5}  {raised:3.0f} ms  {spelled:7.0f} ms  {rest:14.0f} ms"
                  f"  {alone:12.0f} ms  {rest + 1.2 * alone:19.0f} ms")


if __name__ == "__main__":
    main()
