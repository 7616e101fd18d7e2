#!/usr/bin/env bash
# lock_requirements.sh: writes requirements-dev.txt anew from pyproject.toml. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."

locked=$(mktemp)
trap 'rm -f "$locked"' EXIT
# No index, no links, no header: a host's name does not belong into the repository.
uv pip compile pyproject.toml --extra test --extra dev --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file "$locked"
{ sed -n '/^#/!q;p' requirements-dev.txt; cat "$locked"; } > requirements-dev.txt.new
mv requirements-dev.txt.new requirements-dev.txt
