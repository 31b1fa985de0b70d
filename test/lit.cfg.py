# Configuration of the lit tests; loaded by the lit.site.cfg.py of a build.

import ctypes
import os
import shutil

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "attn-mlir"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# Inputs of tests, unit tests (run through one .test file) and examples: what
# has no RUN line is not a test.
config.excludes = ["Inputs", "lib", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.attn_binary_dir, "test")


def has_run_line(path):
    with open(path, encoding="utf-8") as file:
        return any("RUN:" in line for line in file)


examples = os.path.join(config.test_source_root, "Examples")
if os.path.isdir(examples):
    config.excludes += [
        name
        for name in sorted(os.listdir(examples))
        if os.path.isfile(os.path.join(examples, name))
        and not has_run_line(os.path.join(examples, name))
    ]

tools_dir = os.path.join(config.attn_binary_dir, "bin")
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
llvm_config.with_environment("PATH", tools_dir, append_path=True)
# Scripts leave nothing in the source tree.
llvm_config.with_environment("PYTHONDONTWRITEBYTECODE", "1")
llvm_config.with_system_environment(["HOME", "TMP", "TEMP"])

config.substitutions += [
    ("%python", "/usr/bin/python3"),
    ("%attn_plugin", os.path.join(config.attn_binary_dir, "lib", "attn-plugin.so")),
    ("%examples", examples),
    (
        "%check_raised",
        "/usr/bin/python3 "
        + os.path.join(
            config.test_source_root,
            "Conversion/LinalgToAttn/Inputs/check-raised.py",
        ),
    ),
    ("%attn_run", os.path.join(tools_dir, "attn-run")),
    ("%attn_compile", os.path.join(tools_dir, "attn-compile")),
    ("%clang", os.path.join(config.llvm_tools_dir, "clang")),
]
llvm_config.add_tool_substitutions(
    ["FileCheck", "count", "not", "split-file", "mlir-opt"], [config.llvm_tools_dir]
)
# A tool that is not built makes the tests that use it fail, not the others.
llvm_config.add_tool_substitutions(
    [
        ToolSubst(tool, unresolved="ignore")
        for tool in [
            "attn-opt",
            "attn-compile",
            "attn-run",
            "attn-bench",
            "attn-lsp-server",
            "attn-unit-tests",
        ]
    ],
    [tools_dir],
)
for tool in [
    "attn-opt",
    "attn-compile",
    "attn-run",
    "attn-bench",
    "attn-lsp-server",
    "attn-unit-tests",
]:
    if os.path.exists(os.path.join(tools_dir, tool)):
        config.available_features.add(tool)

try:
    ctypes.CDLL("libopenblas.so.0")
    config.available_features.add("openblas")
except OSError:
    pass  # Tests of the benchmark's peers need it.

# Runs code for AArch64; linked by lld, for no linker of such a system is needed.
if shutil.which("qemu-aarch64") and shutil.which("ld.lld"):
    config.available_features.add("qemu-aarch64")
if len(os.sched_getaffinity(0)) > 1:
    config.available_features.add("several-cpus")  # What is timed has one each.
if shutil.which("qemu-x86_64"):
    config.available_features.add("qemu-x86_64")

if config.attn_sanitize.upper() in ("1", "ON", "TRUE", "YES"):
    config.available_features.add("sanitize")
    # LLVM itself is not instrumented: it frees nothing at exit, its containers grow
    # without telling, and what our inlined copies of its allocators poison, the
    # library does not unpoison.
    llvm_config.with_environment(
        "ASAN_OPTIONS",
        "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0",
    )
    llvm_config.with_environment("UBSAN_OPTIONS", "print_stacktrace=1")
