// The extension: finds pydelve, starts its debug adapter, and fills in what launch.json leaves open. All else is the
// adapter's.

import * as vscode from 'vscode';

import { adapterCommand } from './finding';
import { InlineValues } from './inlineValues';
import { pickProcess } from './processes';
import { registerTasks } from './tasks';
import { registerTracing } from './tracing';

const TYPE = 'pydelve';

export function activate(context: vscode.ExtensionContext): void {
  const { registerDebugAdapterDescriptorFactory, registerDebugConfigurationProvider } = vscode.debug;
  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    registerDebugAdapterDescriptorFactory(TYPE, { createDebugAdapterDescriptor }),
    registerDebugConfigurationProvider(TYPE, { provideDebugConfigurations, resolveDebugConfiguration }, Initial),
    registerDebugConfigurationProvider(TYPE, { provideDebugConfigurations }, Dynamic),
    vscode.commands.registerCommand('pydelve.pickProcess', pickProcess),
    vscode.languages.registerInlineValuesProvider({ language: 'python' }, new InlineValues(TYPE)),
    ...registerTasks(TYPE),
    ...registerTracing(TYPE),
  );
}

async function createDebugAdapterDescriptor(session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor> {
  const [command, ...words] = await adapterCommand(session.workspaceFolder?.uri);
  const cwd = session.workspaceFolder?.uri.fsPath;
  return new vscode.DebugAdapterExecutable(command, [...words, 'dap'], cwd === undefined ? {} : { cwd });
}

function provideDebugConfigurations(): vscode.DebugConfiguration[] {
  return [{ type: TYPE, request: 'launch', name: 'pydelve: current file', program: '${file}' }];
}

/** F5 without a launch.json debugs the file that is open. */
function resolveDebugConfiguration(
  folder: vscode.WorkspaceFolder | undefined,
  config: vscode.DebugConfiguration,
): vscode.DebugConfiguration | undefined {
  if (!config.type && !config.request && !config.name) {
    if (vscode.window.activeTextEditor?.document.languageId !== 'python') {
      return undefined;
    }
    Object.assign(config, provideDebugConfigurations()[0]);
  }
  if (config.request === 'launch') {
    // as debugpy's extension: the folder, and a terminal, where input can be typed
    config['cwd'] ??= folder?.uri.fsPath;
    config['console'] ??= 'integratedTerminal';
  }
  return config;
}
