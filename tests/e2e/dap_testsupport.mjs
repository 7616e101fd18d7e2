// Drives `pydelve dap` by the client that the protocol's authors test adapters with; run by test_dap_clients.py:
// node dap_testsupport.mjs PYTHON ADAPTER PROGRAM LOOP_LINE FAILS_LINE

import assert from 'node:assert';
import { DebugClient } from '@vscode/debugadapter-testsupport';

const [python, adapter, program, loop, fails] = process.argv.slice(2);
const client = new DebugClient(python, adapter, 'pydelve', undefined, true);
client.defaultTimeout = 30000;

async function session(what) {
  await client.start();
  await what();
  await client.stop();
}

await session(async () => {
  const capabilities = await client.initializeRequest();
  assert.ok(capabilities.body.supportsConfigurationDoneRequest);
});

await session(async () => {
  await Promise.all([client.configurationSequence(), client.launch({ program, stopOnEntry: true }),
    client.assertStoppedLocation('entry', { line: 1 })]);
});

await session(async () => {
  await client.hitBreakpoint({ program }, { path: program, line: Number(loop) });
  const frames = await client.stackTraceRequest({ threadId: 1 });
  const scopes = await client.scopesRequest({ frameId: frames.body.stackFrames[0].id });
  const found = await client.variablesRequest({ variablesReference: scopes.body.scopes[0].variablesReference });
  assert.ok(found.body.variables.some(({ name, value }) => name === 'sum_so_far' && value === '0'));
  await Promise.all([client.nextRequest({ threadId: 1 }), client.assertStoppedLocation('step', {})]);
});

await session(async () => {
  await Promise.all([
    client.waitForEvent('initialized').then(() =>
      client.setExceptionBreakpointsRequest({ filters: ['raised'] })).then(() => client.configurationDoneRequest()),
    client.launch({ program }),
    client.assertStoppedLocation('exception', { line: Number(fails) })]);
});

await session(async () => {
  await Promise.all([client.configurationSequence(), client.launch({ program }), client.waitForEvent('terminated'),
    client.assertOutput('stdout', 'total 9\nresult 6 1000 2\n')]);
});

console.log('all is well');
process.exit(0);
