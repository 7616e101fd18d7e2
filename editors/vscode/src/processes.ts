// The picker of processes, fed by `pydelve ps`.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import * as vscode from 'vscode';

import { adapterCommand } from './finding';

interface Process extends vscode.QuickPickItem {
  readonly pid: string;
}

/** The number of the process that the user picks; undefined where none is picked. */
export async function pickProcess(): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(listed(), {
    placeHolder: 'The Python process to attach to',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.pid;
}

async function listed(): Promise<Process[]> {
  const [command, ...words] = await adapterCommand(vscode.workspace.workspaceFolders?.[0]?.uri);
  const { stdout } = await promisify(execFile)(command, [...words, 'ps']);
  return parsed(stdout);
}

/** What `pydelve ps` prints: a head, then a line for each process. */
export function parsed(text: string): Process[] {
  return text.split('\n').slice(1).flatMap((line) => {
    const [, pid, user, version, words] = /^\s*(\d+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid, label: words ?? '', description: `${pid}, Python ${version}, ${user}` }];
  });
}
