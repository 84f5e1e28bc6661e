#!/usr/bin/env bash
# The tests that need a Slurm, on one that lives no longer than they do. Root on Debian; skipped, with
# the reason, where it cannot be installed or started.
set -euo pipefail
cd "$(dirname "$0")/../.."
trap 'tests/slurm/cluster.sh stop' EXIT
tests/slurm/cluster.sh start || { echo "No Slurm here: its tests are skipped" && exit 0; }
uv run pytest -n 0 tests/test_slurm.py "$@"
