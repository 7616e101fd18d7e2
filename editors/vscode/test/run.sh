#!/usr/bin/env bash
# run.sh CODE_SERVER VSIX [SCREENSHOTS]: uses the packaged extension in a real VS Code, see drive.mjs.
#
# CODE_SERVER is the folder of an installed code-server (from npm); playwright-core is found from the folder this runs in, Chromium
# by $CHROMIUM. pydelve is that of $PYTHON (default: python3), with this checkout in front.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
server=$1/node_modules/code-server/out/node/entry.js
vsix=$(readlink -f "$2")
shots=${3:-$(mktemp -d)}
work=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/folder" "$work/data/User" "$work/data/Machine" "$work/extensions"
cp "$root/tests/programs/dap/"{shop,family}.py "$here/kitchen.py" "$work/folder/"
printf '{"pydelve.python": "%s"}' "$(command -v "${PYTHON:-python3}")" > "$work/data/Machine/settings.json"
printf '{"workbench.startupEditor": "none"}' > "$work/data/User/settings.json"
common=(--user-data-dir "$work/data" --extensions-dir "$work/extensions")
node "$server" "${common[@]}" --install-extension "$vsix"
PYTHONPATH=$root node "$server" "${common[@]}" --bind-addr "127.0.0.1:$port" --auth none --disable-telemetry \
    --disable-update-check --disable-workspace-trust "$work/folder" > "$work/log" 2>&1 &
pids+=($!)

python=${PYTHON:-python3} shop=$work/folder/shop.py
loop=$(grep -n '# @loop' "$shop" | cut -d: -f1)
printf '%s\n' "break $shop:$loop" continue "dump $work/folder/core.shop" exit |
    PYTHONPATH=$root "$python" -m pydelve debug "$shop" > "$work/dump" 2>&1
"$python" "$shop" wait > /dev/null &
pids+=($!)
PYTHONPATH=$root "$python" -m pydelve debug --headless --listen "unix:$work/folder/session.sock" "$shop" \
    > /dev/null 2>&1 &
pids+=($!)

for _ in $(seq 300); do
    curl -sf "http://127.0.0.1:$port/healthz" > /dev/null && break
    sleep 0.2
done
cp "$here/drive.mjs" ./drive.mjs
node drive.mjs "http://127.0.0.1:$port/?folder=$work/folder" "$shots"
