// Uses the extension in a real VS Code (code-server in headless Chromium): node drive.mjs URL SCREENSHOTS
// The folder has shop.py, kitchen.py, family.py, a session that listens on session.sock, and core.shop, of shop.py in its loop; a
// process runs `shop.py wait`.
// Each step waits for what it is about; the first that does not come ends the run with 1.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { chromium } from 'playwright-core';

const [url, shots] = process.argv.slice(2);
const folder = new URL(url).searchParams.get('folder');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(Number(process.env.LIMIT_MS ?? 60_000));

const say = (text) => console.log(text);
const rows = (view) => page.locator(`${view} .monaco-list-row`);
const shown = async (view) => (await rows(view).allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());

/** The line of a file of the folder that has this mark. */
function lineOf(file, mark) {
  return readFileSync(`${folder}/${file}`, 'utf8').split('\n').findIndex((line) => line.includes(`# @${mark}`)) + 1;
}

/** Waits until a row of a view has this text. */
async function row(view, text) {
  await rows(view).filter({ hasText: text }).first().waitFor();
}

async function toLine(line) {
  await page.keyboard.press('Control+g');
  await page.locator('.quick-input-widget input').waitFor();
  await page.keyboard.type(String(line));
  await page.keyboard.press('Enter');
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

/** Presses a key until it does what it is for: a new profile loses keys while it starts. */
async function pressed(key, appears) {
  for (let left = 5; ; left--) {
    await page.keyboard.press(key);
    try {
      await page.locator(appears).first().waitFor({ timeout: 10_000 });
      return;
    } catch (error) {
      if (left === 0) {
        throw error;
      }
    }
  }
}

async function command(name) {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input');
  await input.waitFor();
  await input.fill(`>${name}`);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().waitFor();
  await page.keyboard.press('Enter');
}

async function open(file) {
  await page.getByRole('treeitem', { name: file }).first().dblclick();
  await page.locator(`.tab.active[data-resource-name="${file}"]`).waitFor();
  await page.locator('.monaco-editor .view-line').first().waitFor();
  await focusEditor();
}

async function focusEditor() {
  await page.locator('.editor-instance textarea, .editor-instance .native-edit-context').first().focus();
}

async function stoppedAt(place) {
  await page.locator('.debug-top-stack-frame-line').first().waitFor();
  await row('.debug-call-stack', place);
}

async function stop() {
  await page.keyboard.press('Shift+F5');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
}

async function main() {
  await page.goto(url);
  await page.locator('.monaco-workbench').waitFor();
  await open('shop.py');
  say('the file is open');

  const loop = lineOf('shop.py', 'loop');
  await toLine(loop);
  await pressed('F9', '.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified');
  await pressed('F5', '.debug-toolbar');
  await stoppedAt(`${loop}:1`);
  await row('.debug-variables', 'sum_so_far');
  say(`stopped: ${(await shown('.debug-call-stack')).join(' | ')}`);
  say(`variables: ${(await shown('.debug-variables')).join(' | ')}`);

  await page.keyboard.press('F10');
  await stoppedAt(`${loop - 1}:1`);
  await page.keyboard.press('F10');
  await stoppedAt(`${loop}:1`);
  await row('.debug-variables', /sum_so_far\s*=\s*3/);
  say('stepped twice');
  await page.locator('.view-line', { hasText: 'sum_so_far = 3' }).first().waitFor();
  say('values are shown beside the lines');
  await page.locator('.codicon-debug-stackframe, .codicon-debug-breakpoint-stackframe-dot').first().hover();
  await page.locator('.monaco-hover').getByText('woven').first().waitFor();
  say("a breakpoint's details say how it is armed");
  await page.keyboard.press('Escape');
  await page.screenshot({ path: `${shots}/stopped.png` });
  const returned = page.locator('.view-line', { hasText: /return\s+sum_so_far/ }).first();
  await returned.locator('span[class*="mtk"]', { hasText: 'sum_so_far' }).first().hover();
  await page.locator('.debug-hover-widget').waitFor();
  say(`hovering tells: ${(await page.locator('.debug-hover-widget').innerText()).replace(/\s+/g, ' ').trim()}`);
  await page.keyboard.press('Escape');

  await command('Debug Console: Focus on Debug Console View');
  const console_ = page.locator('.repl-input-wrapper textarea, .repl-input-wrapper .native-edit-context').first();
  await console_.focus();
  await page.keyboard.type('> bt');
  await page.keyboard.press('Enter');
  await page.locator('.repl').getByText('in total').first().waitFor();
  await page.keyboard.type('sum_so_far + 39');
  await page.keyboard.press('Enter');
  await page.locator('.repl').getByText('42', { exact: true }).first().waitFor();
  say('the debug console answers');
  await page.screenshot({ path: `${shots}/console.png` });

  await focusEditor();
  await toLine(lineOf('shop.py', 'double'));
  await command('pydelve: Trace this function');
  await command('Remove All Breakpoints');
  await page.keyboard.press('F5');
  await page.locator('.repl').getByText('__main__.double(number=2)').first().waitFor();
  say('calls are traced');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  say('the program ran to its end');

  await focusEditor();
  await toLine(loop);
  await command('Debug: Add Conditional Breakpoint...');
  await page.locator('.breakpoint-widget .monaco-editor.focused').first().waitFor();
  await page.keyboard.type("item.name == 'bread'");
  await page.keyboard.press('Enter');
  await page.locator('.codicon-debug-breakpoint-conditional').first().waitFor();
  await page.keyboard.press('F5');
  await stoppedAt(`${loop}:1`);
  await row('.debug-variables', /sum_so_far\s*=\s*5/);
  say('a conditional breakpoint stopped');
  await stop();
  await command('Remove All Breakpoints');

  await command('View: Show Explorer');
  await open('kitchen.py');
  await toLine(lineOf('kitchen.py', 'counts'));
  await pressed('F9', '.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified');
  await page.keyboard.press('F5');
  await stoppedAt(`${lineOf('kitchen.py', 'counts')}:1`);
  await command('View: Hide Panel');
  const tasks = page.locator('.pane', { has: page.locator('.pane-header[aria-label^="Tasks"]') });
  if ((await tasks.locator('.pane-header').getAttribute('aria-expanded')) === 'false') {
    await tasks.locator('.pane-header').click();
  }
  const listed = tasks.locator('.monaco-list-row');
  await listed.filter({ hasText: 'Bob' }).first().waitFor();
  say(`tasks: ${(await listed.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()).join(' | ')}`);
  await listed.filter({ hasText: 'Bob' }).first().click();
  await page.locator('.statusbar').getByText(`Ln ${lineOf('kitchen.py', 'waits')},`).waitFor();
  say('a task shows where it stands');
  await page.screenshot({ path: `${shots}/tasks.png` });

  await page.keyboard.press('F5');
  await page.locator('.exception-widget').getByText('the kitchen burns with 3 cooks in it').first().waitFor();
  say('an exception stopped');
  await page.screenshot({ path: `${shots}/exception.png` });
  await stop();
  say('stopped the session');
  await children();
}

/** Each child is a session of its own, under the program's. */
async function children() {
  await command('Remove All Breakpoints');
  await command('View: Show Explorer');
  await open('family.py');
  const [work, end] = [lineOf('family.py', 'work'), lineOf('family.py', 'end')];
  for (const line of [work, end]) {
    await toLine(line);
    await pressed('F9', `.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified`);
  }
  await page.keyboard.press('F5');
  await row('.debug-call-stack', 'family.py child (');
  await stoppedAt(`${work}:1`);
  await row('.debug-variables', /number\s*=\s*21/);
  say('a child that was started stopped in a session of its own');
  await page.keyboard.press('F10');
  await stoppedAt(`${work + 1}:1`);
  await row('.debug-variables', /total\s*=\s*42/);
  await row('.debug-call-stack', 'Running');
  say(`stepped in it: ${(await shown('.debug-call-stack')).join(' | ')}`);
  await page.screenshot({ path: `${shots}/children.png` });
  await page.keyboard.press('F5');
  await row('.debug-variables', /number\s*=\s*3/);
  await stoppedAt(`${work}:1`);
  say(`a forked child stopped: ${(await shown('.debug-call-stack')).join(' | ')}`);
  await page.keyboard.press('F5');
  await stoppedAt(`${end}:1`);
  await page.locator('.view-line', { hasText: 'status = 6' }).first().waitFor();
  say('the program stopped after them');
  await page.keyboard.press('F5');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  say('all sessions have ended');
  await attaching();
}

/** Starts the debugging that launch.json calls so. */
async function start(name) {
  await command('Debug: Select and Start Debugging');
  const input = page.locator('.quick-input-widget input');
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().waitFor();
  await input.fill(`debug ${name}`);
  await page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: name }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Attaches to what run.sh has started: a session that listens, a process from the picker, a core file. */
async function attaching() {
  const common = { type: 'pydelve', request: 'attach' };
  const configurations = [
    { ...common, name: 'the session', address: `unix:${folder}/session.sock` },
    { ...common, name: 'a process', processId: '${command:pickProcess}', stopOnEntry: true },
    { ...common, name: 'the core', core: `${folder}/core.shop` },
  ];
  mkdirSync(`${folder}/.vscode`);
  writeFileSync(`${folder}/.vscode/launch.json`, JSON.stringify({ version: '0.2.0', configurations }));
  await command('Remove All Breakpoints');

  await start('the session');
  await stoppedAt('1:1');
  say('attached to a session that listens');
  await stop();

  await start('a process');
  const picked = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'shop.py wait' }).first();
  await picked.waitFor();
  await page.screenshot({ path: `${shots}/picker.png` });
  await picked.click();
  await page.locator('.debug-top-stack-frame-line').first().waitFor();
  say(`attached to a process that was picked: ${(await shown('.debug-call-stack')).at(-1)}`);
  await stop();

  await start('the core');
  await stoppedAt(`${lineOf('shop.py', 'loop')}:1`);
  await row('.debug-variables', /sum_so_far\s*=\s*0/);
  say('looked into a core file');
  await stop();
}

try {
  await main();
  say('all is well');
} catch (error) {
  await page.screenshot({ path: `${shots}/failed.png` });
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
