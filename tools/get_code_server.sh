#!/usr/bin/env bash
# get_code_server.sh DEST: puts code-server, which is VS Code served to a browser, and playwright-core, which drives one, under
# DEST, for editors/vscode/test/run.sh. A second run with everything in place returns at once.
#
# From npm, without what its own installation would fetch from elsewhere: ripgrep's program is Debian's.
#
# Needs: node 20, npm, python3, make, g++, rg (ripgrep). About a minute and 320 MB.
#   PYDELVE_CODE_SERVER    another version
set -euo pipefail

dest=$(realpath -m "${1:?usage: get_code_server.sh DEST}")
version=${PYDELVE_CODE_SERVER:-4.100.3}
if [ -e "$dest/complete" ]; then
    echo "get_code_server: it is in $dest already"
    exit 0
fi
rg=$(command -v rg) || { echo "get_code_server: rg is not installed (on Debian: apt-get install ripgrep)" >&2; exit 1; }

install() { npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@"; }

mkdir -p "$dest"
cd "$dest"
echo '{"private": true}' > package.json
install "code-server@$version" playwright-core
npm rebuild --loglevel=error --build-from-source argon2
cd node_modules/code-server/lib/vscode
install --omit=dev
# what is native in it; of node-pty a later step fails, when the part that is needed is there
npm rebuild --loglevel=error node-pty @vscode/spdlog native-watchdog @vscode/deviceid || true
test -f node_modules/node-pty/build/Release/pty.node
test -f node_modules/@vscode/spdlog/build/Release/spdlog.node
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$rg" node_modules/@vscode/ripgrep/bin/rg
ln -sfn node_modules node_modules.asar
(cd extensions && install --omit=dev)
touch "$dest/complete"
echo "get_code_server: it is in $dest"
