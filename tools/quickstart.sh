#!/bin/sh
# Installs, builds, and runs the attention of GPT-2 small in every form.
set -u
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
setup

example=test/Examples/gpt2-attention.mlir
say "compiling and running $example in each form, against the f64 reference"
results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
for form in materialized recurrent blocked; do
  say "$form"
  build/bin/attn-run $example --form=$form --check --time --memory --json \
    >"$results/$form.json" || die "the $form form failed its check"
done
/usr/bin/python3 tools/quickstart-table.py $example "$results"/materialized.json "$results"/recurrent.json "$results"/blocked.json
