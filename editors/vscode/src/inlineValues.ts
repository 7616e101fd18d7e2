// Values beside the lines that name them, from the head of the function that stands to where it stands. VS Code takes
// them from the variables that it has: nothing is evaluated.

import * as vscode from 'vscode';

/** A string, a comment, or a name that is no attribute and not called. */
const TOKENS = /("""|''')|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|#.*|(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()/g;
const KEYWORDS = new Set(
  ('False None True and as assert async await break case class continue def del elif else except finally for from ' +
    'global if import in is lambda match nonlocal not or pass raise return try while with yield self cls').split(' '),
);

export class InlineValues implements vscode.InlineValuesProvider {
  constructor(private readonly type: string) {}

  provideInlineValues(
    document: vscode.TextDocument,
    viewPort: vscode.Range,
    context: vscode.InlineValueContext,
  ): vscode.InlineValue[] {
    if (vscode.debug.activeDebugSession?.type !== this.type) {
      return [];
    }
    const last = context.stoppedLocation.end.line;
    const first = Math.max(headOf(document, last), viewPort.start.line);
    const found: vscode.InlineValue[] = [];
    for (let number = first; number <= Math.min(last, viewPort.end.line); number++) {
      for (const [name, column] of namesIn(document.lineAt(number).text)) {
        const range = new vscode.Range(number, column, number, column + name.length);
        found.push(new vscode.InlineValueVariableLookup(range, name, true));
      }
    }
    return found;
  }
}

/** The line of the `def` that a line is in; 0 where it is in none. */
function headOf(document: vscode.TextDocument, line: number): number {
  let depth = Infinity;
  for (let number = line; number >= 0; number--) {
    const { text, isEmptyOrWhitespace, firstNonWhitespaceCharacterIndex: indent } = document.lineAt(number);
    if (isEmptyOrWhitespace || indent >= depth) {
      continue;
    }
    if (/^\s*(?:async\s+)?def\s/.test(text)) {
      return number;
    }
    depth = indent;
  }
  return 0;
}

/** Each name of a line once, and where it is. */
export function namesIn(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const match of text.matchAll(TOKENS)) {
    if (match[1] !== undefined) {
      break; // a long string begins or ends here
    }
    const name = match[0];
    if (/^[A-Za-z_]/.test(name) && !KEYWORDS.has(name) && !found.has(name)) {
      found.set(name, match.index);
    }
  }
  return found;
}
