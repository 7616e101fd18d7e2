#!/usr/bin/env node
// A client of a session that listens, in JavaScript: sets a breakpoint, and shows the locals at each of its hits.
//
//     npm install vscode-jsonrpc
//     pydelve debug --headless examples/bank.py
//     node examples/clients/client.mjs ADDRESS bank.py:22
//
// ADDRESS is what the listening line says; for HOST:PORT, the token is taken from PYDELVE_TOKEN.

import net from 'node:net';
import rpc from 'vscode-jsonrpc/node';

const [address, location] = process.argv.slice(2);
const path = address.replace(/^unix:/, '');
const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
const socket = path !== address || path.includes('/') ? net.connect(path) : net.connect(Number(port), host);
socket.setNoDelay(true);

const session = rpc.createMessageConnection(
  new rpc.StreamMessageReader(socket), new rpc.StreamMessageWriter(socket));
const call = (method, params = {}) => session.sendRequest(method, rpc.ParameterStructures.byName, params);
session.onNotification('output', ({ text }) => process.stdout.write(text));
session.listen();

await call('authenticate', { token: process.env.PYDELVE_TOKEN ?? '' });
const point = await call('create_breakpoint', { location });
for (;;) {
  const state = await call('resume', { how: 'continue', wait: true });
  if (state.status !== 'stopped') {
    console.log(`the program ${state.exit.how}, status ${state.exit.status}`);
    break;
  }
  if (state.stop.breakpoints.includes(point.id)) {
    const frame = state.stop.frames[0];
    const locals = await call('get_variables', { scope: 'locals' });
    const shown = locals.map(({ name, value }) => `${name} = ${value.text || value.type}`).join(', ');
    console.log(`${frame.function}, line ${frame.line}: ${shown}`);
  }
}
session.end();
socket.end();
