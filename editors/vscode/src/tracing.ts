// "Trace this function": the adapter tells of its calls in the debug console, also while the program runs.

import * as vscode from 'vscode';

export function registerTracing(type: string): vscode.Disposable[] {
  const session = (): vscode.DebugSession | undefined => {
    const active = vscode.debug.activeDebugSession;
    return active?.type === type ? active : undefined;
  };
  const asked = async (what: object): Promise<Record<string, string>> => {
    try {
      return (await session()?.customRequest('pydelveTrace', what)) ?? {};
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      return {};
    }
  };
  return [
    vscode.commands.registerTextEditorCommand('pydelve.traceFunction', async (editor) => {
      const { line } = editor.selection.active;
      const { function: name } = await asked({ source: { path: editor.document.uri.fsPath }, line: line + 1 });
      if (name !== undefined) {
        vscode.window.setStatusBarMessage(`$(pulse) calls of ${name} are told in the debug console`, 5000);
      }
    }),
    vscode.commands.registerCommand('pydelve.endTrace', async () => {
      const { summary } = await asked({ off: true });
      if (summary !== undefined) {
        vscode.debug.activeDebugConsole.appendLine(summary);
      }
    }),
  ];
}
