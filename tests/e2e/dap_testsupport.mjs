// Drives `pydelve dap` by the client that the protocol's authors test adapters with; run by test_dap_clients.py:
// node dap_testsupport.mjs PYTHON ADAPTER PROGRAM LINES, where LINES is JSON: the line of each mark of the program.

import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { DebugClient } from '@vscode/debugadapter-testsupport';

const [python, adapter, program, given] = process.argv.slice(2);
const lines = JSON.parse(given);
const source = { path: program };
const client = new DebugClient(python, adapter, 'pydelve', undefined, true);
client.defaultTimeout = 30000;

async function session(what, end = () => client.stop()) {
  await client.start();
  await what();
  await end();
}

/** Launches, sets what is to be set, and lets it run. */
async function run(configure, more = {}) {
  await Promise.all([
    client.waitForEvent('initialized').then(configure).then(() => client.configurationDoneRequest()),
    client.launch({ program, ...more })]);
}

/** Does what makes the program run, and waits until it stands. */
async function stopped(reason, line, what) {
  await Promise.all([client.assertStoppedLocation(reason, { line }), what()]);
}

async function breakpoints(...wanted) {
  const answer = await client.setBreakpointsRequest({ source, breakpoints: wanted });
  return answer.body.breakpoints;
}

/** The words of a refusal. */
async function refused(what) {
  const error = await what.then(() => assert.fail('it was not refused'), (error) => error);
  return error.message;
}

async function top() {
  const answer = await client.stackTraceRequest({ threadId: 1, startFrame: 0, levels: 1 });
  return answer.body.stackFrames[0];
}

async function locals() {
  const { body } = await client.scopesRequest({ frameId: (await top()).id });
  const reference = body.scopes[0].variablesReference;
  const { body: { variables } } = await client.variablesRequest({ variablesReference: reference });
  return { reference, all: Object.fromEntries(variables.map((each) => [each.name, each])) };
}

async function evaluated(expression, context) {
  const { body } = await client.evaluateRequest({ expression, context, frameId: (await top()).id });
  return body.result;
}

await session(async () => {
  const { body } = await client.initializeRequest();
  for (const name of ['ConfigurationDoneRequest', 'ConditionalBreakpoints', 'LogPoints', 'SetVariable', 'RestartRequest']) {
    assert.ok(body[`supports${name}`], name);
  }
  assert.ok(!body.supportsDataBreakpoints && !body.supportsRestartFrame && !body.supportsStepBack);
});

await session(async () => {
  await Promise.all([client.configurationSequence(), client.launch({ program, stopOnEntry: true }),
    client.assertStoppedLocation('entry', { line: 1 })]);
});

await session(async () => {
  await client.hitBreakpoint({ program }, { path: program, line: lines.loop });
  assert.strictEqual((await locals()).all.sum_so_far.value, '0');
});

// breakpoints of all kinds, and what is looked at, changed and run where they stop
await session(async () => {
  const logged = client.assertOutput('console', 'sum 9\n');
  await stopped('breakpoint', lines.loop, () => run(async () => {
    const made = await breakpoints({ line: lines.loop, condition: "item.name == 'bread'" },
      { line: lines.returns, logMessage: 'sum {sum_so_far}' }, { line: lines.double, hitCondition: '2' },
      { line: lines.add, condition: 'not a (' });
    assert.deepStrictEqual(made.map(({ verified }) => verified), [true, true, true, false]);
    const functions = await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'add' }, { name: 'nowhere' }] });
    assert.deepStrictEqual(functions.body.breakpoints.map(({ verified }) => verified), [true, false]);
    const places = await client.customRequest('breakpointLocations', { source, line: lines.loop - 1, endLine: lines.loop });
    assert.deepStrictEqual(places.body.breakpoints, [{ line: lines.loop - 1 }, { line: lines.loop }]);
  }));
  assert.deepStrictEqual((await client.threadsRequest()).body.threads, [{ id: 1, name: 'MainThread' }]);
  const { reference, all } = await locals();
  assert.strictEqual(all.sum_so_far.value, '5');
  const inside = await client.variablesRequest({ variablesReference: all.item.variablesReference });
  assert.deepStrictEqual(inside.body.variables.map(({ name, value }) => [name, value]), [['name', "'bread'"], ['price', '4']]);
  assert.match(await refused(evaluated('item.label', 'hover')), /can't be looked at without running/);
  assert.strictEqual(await evaluated('item.price', 'hover'), '4');
  assert.strictEqual(await evaluated('items[0].name', 'watch'), "'tea'");
  assert.strictEqual(await evaluated('sum_so_far * 2', 'repl'), '10');
  assert.match(await evaluated('> bt', 'repl'), /in total\n/);
  await client.setVariableRequest({ variablesReference: reference, name: 'sum_so_far', value: '1' });
  assert.strictEqual((await locals()).all.sum_so_far.value, '1');
  await client.customRequest('setExpression', { expression: 'sum_so_far', value: '2 + 3', frameId: (await top()).id });
  assert.strictEqual((await locals()).all.sum_so_far.value, '5');
  const words = await client.completionsRequest({ text: 'item.pri', column: 9, frameId: (await top()).id });
  assert.deepStrictEqual(words.body.targets.map(({ label }) => label), ['price']);
  await Promise.all([logged, client.assertStoppedLocation('breakpoint', { line: lines.double }),
    client.continueRequest({ threadId: 1 })]);
  assert.strictEqual((await locals()).all.number.value, '2');  // the second time
  await stopped('breakpoint', lines.add, () => client.continueRequest({ threadId: 1 }));
  await stopped('step', undefined, () => client.stepOutRequest({ threadId: 1 }));
});

// steps, and places to go to
await session(async () => {
  await stopped('breakpoint', lines.calls, () => run(() => breakpoints({ line: lines.calls })));
  const targets = await client.stepInTargetsRequest({ frameId: (await top()).id });
  const add = targets.body.targets.find(({ label }) => label === 'add');
  await stopped('step', lines.add, () => client.stepInRequest({ threadId: 1, targetId: add.id }));
  await stopped('step', lines.calls, () => client.stepOutRequest({ threadId: 1 }));
  await stopped('step', lines.fails, () => client.nextRequest({ threadId: 1 }));
  const places = await client.gotoTargetsRequest({ source, line: lines.end });
  await stopped('goto', lines.end, () => client.gotoRequest({ threadId: 1, targetId: places.body.targets[0].id }));
  const frames = await client.stackTraceRequest({ threadId: 1 });
  assert.deepStrictEqual(frames.body.stackFrames.map(({ name }) => name), ['main', '<module>']);
  const modules = await client.modulesRequest({});
  assert.ok(modules.body.modules.some(({ name }) => name === '__main__'));
  const loaded = await client.customRequest('loadedSources');
  assert.ok(loaded.body.sources.some(({ path }) => path === program));
  const text = await client.sourceRequest({ source, sourceReference: 0 });
  assert.strictEqual(text.body.content, readFileSync(program, 'utf8'));
  const code = await client.disassembleRequest({
    memoryReference: frames.body.stackFrames[0].instructionPointerReference, instructionCount: 5 });
  assert.strictEqual(code.body.instructions.length, 5);
  for (const [command, more] of Object.entries({
    restartFrame: { frameId: frames.body.stackFrames[0].id }, stepBack: { threadId: 1 }, reverseContinue: { threadId: 1 },
    dataBreakpointInfo: { name: 'result' }, setDataBreakpoints: { breakpoints: [] }, terminateThreads: { threadIds: [1] } })) {
    assert.match(await refused(client.customRequest(command, more)), new RegExp(`^pydelve has no ${command} \\(`));
  }
});

// exceptions, by each filter
await session(async () => {
  await stopped('exception', lines.raises, () => run(() =>
    client.setExceptionBreakpointsRequest({ filters: ['raised'] })));
  const { body } = await client.exceptionInfoRequest({ threadId: 1 });
  assert.deepStrictEqual([body.exceptionId, body.breakMode], ['KeyError', 'always']);
});
await session(async () => {
  await stopped('exception', lines.uncaught, () => run(() => client.setExceptionBreakpointsRequest({
    filters: [], filterOptions: [{ filterId: 'uncaught' }, { filterId: 'raised', condition: 'isinstance(exc, OSError)' }] }),
  { args: ['raise'] }));
  const { body } = await client.exceptionInfoRequest({ threadId: 1 });
  assert.deepStrictEqual([body.exceptionId, body.description, body.breakMode], ['ValueError', 'too dear', 'unhandled']);
  assert.strictEqual(body.details.innerException[0].typeName, 'KeyError');
});

// a program that runs: it is stopped, started again, and ended
await session(async () => {
  await run(() => breakpoints({ line: lines.end }), { args: ['wait'] });
  await client.assertStoppedLocation('breakpoint', { line: lines.end });
  await stopped('breakpoint', lines.end, () => client.restartRequest({}));
  await breakpoints();
  await client.continueRequest({ threadId: 1 });
  await stopped('pause', undefined, () => client.pauseRequest({ threadId: 1 }));
  const asked = client.evaluateRequest({ expression: 'while True: pass', context: 'repl', frameId: (await top()).id });
  const refusal = refused(asked);
  const number = client.sequence - 1;  // of the request just sent
  await client.customRequest('cancel', { requestId: number });
  assert.match(await refusal, /^cancelled|interrupted/);  // it may not have begun
  await Promise.all([client.waitForEvent('terminated'), client.terminateRequest({})]);
});

await session(async () => {
  await Promise.all([client.configurationSequence(), client.launch({ program }), client.waitForEvent('terminated'),
    client.assertOutput('stdout', 'total 9\nresult 6 1000 2\n')]);
});

// what was attached to goes on when the client has left
await session(async () => {
  const before = await import('node:child_process').then(({ spawn }) => spawn(python, ['-u', program, 'wait']));
  await new Promise((resolve) => before.stdout.on('data', (text) => String(text).includes('result') && resolve()));
  await Promise.all([client.initializeRequest().then(() => client.attachRequest({ processId: before.pid, stopOnEntry: true })),
    client.waitForEvent('initialized').then(() => client.configurationDoneRequest()), client.waitForEvent('stopped')]);
  await client.disconnectRequest({ terminateDebuggee: false });
  assert.strictEqual(before.exitCode, null);
  before.kill('SIGKILL');
}, () => client.stopAdapter());

console.log('all is well');
process.exit(0);
