// Where pydelve is: the setting, else PATH, else the interpreter that the Python extension has chosen.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import * as vscode from 'vscode';

interface PythonExtension {
  readonly environments: { getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string } };
}

export type Command = readonly [string, ...string[]];

/** The command that pydelve's subcommands follow. */
export async function adapterCommand(resource: vscode.Uri | undefined): Promise<Command> {
  const chosen = vscode.workspace.getConfiguration('pydelve', resource ?? null).get<string>('python');
  if (chosen) {
    return [chosen, '-m', 'pydelve'];
  }
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'pydelve')).find(runs);
  if (onPath !== undefined) {
    return [onPath];
  }
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
  const python = extension && (await extension.activate()).environments.getActiveEnvironmentPath(resource).path;
  if (python) {
    return [python, '-m', 'pydelve'];
  }
  throw new Error('pydelve was not found: it is not on PATH. Install it (pip install pydelve), or set pydelve.python.');
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
