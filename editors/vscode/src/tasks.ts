// The Tasks view: asyncio's tasks at a stop, in groups, each with its stack below it. The adapter knows them
// (`pydelveTasks`), and gives their stacks as those of threads; a click shows where a task stands.

import * as vscode from 'vscode';

type Group = 'location' | 'coroutine' | 'state';

interface Source {
  readonly name?: string;
  readonly path?: string;
}

interface Task {
  readonly threadId: number;
  readonly name: string;
  readonly state: string;
  readonly coroutine: string;
  readonly current: boolean;
  readonly source?: Source;
  readonly line?: number;
  readonly function?: string;
}

interface TaskGroup {
  readonly label: string;
  readonly total: number;
  readonly tasks: readonly Task[];
}

interface Frame {
  readonly name: string;
  readonly line: number;
  readonly source?: Source;
  readonly presentationHint?: string;
}

type Node =
  | { readonly kind: 'group'; readonly group: TaskGroup }
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'more'; readonly text: string };

const GROUPS: readonly Group[] = ['location', 'coroutine', 'state'];
const COLLAPSED = vscode.TreeItemCollapsibleState.Collapsed;
const EXPANDED = vscode.TreeItemCollapsibleState.Expanded;
/** Groups up to this size are open from the start. */
const SMALL = 8;

class Tasks implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private group: Group = 'location';
  private stopped: vscode.DebugSession | undefined;

  constructor(private readonly type: string) {}

  /** The program of a session stands, or (undefined) none does. */
  show(session: vscode.DebugSession | undefined): void {
    this.stopped = session;
    this.changed.fire(undefined);
  }

  /** It goes on, or is over. */
  hide(session: vscode.DebugSession): void {
    if (this.stopped === session) {
      this.show(undefined);
    }
  }

  async chooseGroup(): Promise<void> {
    const group = await vscode.window.showQuickPick(GROUPS, { placeHolder: 'Tasks that are alike by their' });
    if (group !== undefined) {
      this.group = group as Group;
      this.changed.fire(undefined);
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return groupItem(node.group);
      case 'task':
        return taskItem(node.task);
      case 'frame':
        return frameItem(node.frame);
      case 'more':
        return new vscode.TreeItem(node.text);
    }
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const session = this.stopped;
    if (session === undefined || session.type !== this.type) {
      return [];
    }
    try {
      if (node === undefined) {
        const { groups } = (await session.customRequest('pydelveTasks', { group: this.group })) as { groups: TaskGroup[] };
        return groups.map((group) => ({ kind: 'group', group }));
      }
      if (node.kind === 'group') {
        const { tasks, total } = node.group;
        const left = total - tasks.length;
        const shown: Node[] = tasks.map((task) => ({ kind: 'task', task }));
        return left > 0 ? [...shown, { kind: 'more', text: `and ${left} more` }] : shown;
      }
      if (node.kind === 'task') {
        const { stackFrames } = (await session.customRequest('stackTrace', { threadId: node.task.threadId })) as {
          stackFrames: Frame[];
        };
        return stackFrames.map((frame) => ({ kind: 'frame', frame }));
      }
      return [];
    } catch (error) {
      // the program goes on at this moment, or has no tasks to show (a core file)
      return node === undefined && this.stopped === session ? [{ kind: 'more', text: String(error) }] : [];
    }
  }
}

function groupItem({ label, total, tasks }: TaskGroup): vscode.TreeItem {
  const item = new vscode.TreeItem(label, tasks.length <= SMALL ? EXPANDED : COLLAPSED);
  item.description = `${total} ${total === 1 ? 'task' : 'tasks'}`;
  return item;
}

function taskItem(task: Task): vscode.TreeItem {
  const item = new vscode.TreeItem(task.name, COLLAPSED);
  item.description = task.function === undefined ? `${task.state}, ${task.coroutine}` : `${task.state}, in ${task.function}`;
  item.iconPath = new vscode.ThemeIcon(task.current ? 'debug-stackframe' : 'symbol-event');
  item.tooltip = `${task.name}: ${task.coroutine}`;
  setPlace(item, task.source, task.line);
  return item;
}

function frameItem(frame: Frame): vscode.TreeItem {
  const item = new vscode.TreeItem(frame.name);
  item.description = `${frame.source?.name ?? ''}:${frame.line}`;
  setPlace(item, frame.source, frame.line);
  return item;
}

function setPlace(item: vscode.TreeItem, source: Source | undefined, line: number | undefined): void {
  if (source?.path !== undefined && line !== undefined) {
    item.command = { command: 'pydelve.showPlace', title: 'Show', arguments: [source.path, line] };
  }
}

async function showPlace(path: string, line: number): Promise<void> {
  const selection = new vscode.Range(line - 1, 0, line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(path), { selection, preserveFocus: true });
}

/** Makes the view, which follows the sessions of this debug type. */
export function registerTasks(type: string): vscode.Disposable[] {
  const tasks = new Tasks(type);
  const tracker: vscode.DebugAdapterTrackerFactory = {
    createDebugAdapterTracker: (session) => ({
      onDidSendMessage: (message: { type: string; event?: string }) => {
        if (message.type === 'event' && message.event === 'stopped') {
          tasks.show(session);
        } else if (message.type === 'event' && (message.event === 'continued' || message.event === 'terminated')) {
          tasks.hide(session);
        }
      },
      onWillReceiveMessage: (message: { command?: string }) => {
        if (['continue', 'next', 'stepIn', 'stepOut', 'restart', 'goto'].includes(message.command ?? '')) {
          tasks.hide(session);
        }
      },
      onWillStopSession: () => tasks.hide(session),
    }),
  };
  return [
    vscode.window.registerTreeDataProvider('pydelve.tasks', tasks),
    vscode.debug.registerDebugAdapterTrackerFactory(type, tracker),
    vscode.commands.registerCommand('pydelve.groupTasks', () => tasks.chooseGroup()),
    vscode.commands.registerCommand('pydelve.showPlace', showPlace),
  ];
}
