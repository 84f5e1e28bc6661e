#!/usr/bin/env bash
# The tests that need a Slurm, on one that lives no longer than they do. Root on Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
trap 'tests/slurm/cluster.sh stop' EXIT
tests/slurm/cluster.sh start
uv run pytest -n 0 tests/test_slurm.py "$@"
