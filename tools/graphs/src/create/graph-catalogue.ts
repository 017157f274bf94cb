import ts from 'typescript';

/** The text of catalogue.ts with one more graph, or undefined when it has no list GRAPHS. */
export function registerIn(text: string, name: string, variable: string): string | undefined {
  const file = ts.createSourceFile('catalogue.ts', text, ts.ScriptTarget.Latest, true);
  const list = listOf(file);
  if (list === undefined) return undefined;
  const comma = list.elements.length === 0 || list.elements.hasTrailingComma ? '' : ',';
  const last = list.elements.at(-1)?.getEnd() ?? list.getStart() + 1;
  const isOnLines = text.slice(list.getStart(), list.getEnd()).includes('\n');
  const end = list.elements.hasTrailingComma ? last + 1 : last;
  const entry = isOnLines ? `${comma}\n  ${variable}${list.elements.hasTrailingComma ? ',' : ''}` : `${comma}${list.elements.length === 0 ? '' : ' '}${variable}`;
  const importEnd = file.statements.filter((statement) => ts.isImportDeclaration(statement)).at(-1)?.getEnd() ?? 0;
  const line = `\nimport { ${variable} } from './${name}/${name}.graph';`;
  return text.slice(0, importEnd) + line + text.slice(importEnd, end) + entry + text.slice(end);
}

function listOf(file: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const found = statement.declarationList.declarations.find(({ name }) => name.getText() === 'GRAPHS')?.initializer;
    if (found !== undefined && ts.isArrayLiteralExpression(found)) return found;
  }
  return undefined;
}
