#!/bin/sh
# Builds the addon for the PyTorch of this machine, runs the tests of the device and the benchmark: see `./run.sh --help`.
kit=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
PATH="$kit/node/bin:$PATH"
export PATH
exec node "$kit/scripts/gpu-kit/run.mjs" "$@"
