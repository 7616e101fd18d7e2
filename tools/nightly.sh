#!/usr/bin/env bash
# nightly.sh: what takes too long, or too much room, for each run of the tests: the extension in a real VS Code.
#
# Gets code-server into the cache, builds the extension in a folder of its own, and uses it in headless Chromium. Ends with
# "all is well"; 77 where a part can't be installed here. .ci/run runs it where PYDELVE_NIGHTLY is set.
#
# Needs: what tools/get_code_server.sh does, and chromium. $PYTHON has what pydelve needs (default: python3).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$HOME/.cache/pydelve-tests/code-server
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for program in node npm rg chromium; do
    command -v "$program" > /dev/null || { echo "nightly: $program is not installed"; exit 77; }
done
timeout 600 "$root/tools/get_code_server.sh" "$cache" || { echo "nightly: code-server can't be installed"; exit 77; }

cp -r "$root/editors/vscode/." "$work/"
cd "$work"
timeout 300 npm install --no-audit --no-fund --loglevel=error || { echo "nightly: the extension can't be built"; exit 77; }
npm run --silent package
mkdir shots
ln -s "$cache/node_modules" "$work/shots/node_modules"
cd shots
timeout 300 "$root/editors/vscode/test/run.sh" "$cache" "$work/pydelve.vsix" "${PYDELVE_SHOTS:-$work/shots}"
