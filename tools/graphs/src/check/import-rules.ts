import { isBuiltin } from 'node:module';

interface ImportRule {
  readonly pattern: RegExp;
  readonly reason: string;
}

const MODEL_CLIENT = 'a model client does I/O in the node; ask models through callModel of @holdfast/agent-runtime/graph';

/** Packages that do what a workflow must not do; a package that merely reaches one of them is refused with the way there. */
const RULES: readonly ImportRule[] = [
  { pattern: /^@langchain\/langgraph-checkpoint-./, reason: 'a checkpointer does I/O; the runtime brings its own' },
  { pattern: /^@langchain\/langgraph(-sdk|\/remote)(\/|$)/, reason: 'it calls another server from the node' },
  { pattern: /^langsmith(\/|$)/, reason: 'traces are made by Holdfast' },
  { pattern: /^@langchain\/mcp-adapters(\/|$)/, reason: 'tools are called through callTool and callTools of @holdfast/agent-runtime/graph' },
  { pattern: /^@langchain\/(?!(core|langgraph|langgraph-checkpoint|textsplitters)(\/|$))/, reason: MODEL_CLIENT },
  { pattern: /^(langchain|openai|ollama|ai|groq-sdk|cohere-ai|@anthropic-ai\/.+|@ai-sdk\/.+|@google\/gen.+|@mistralai\/.+)(\/|$)/, reason: MODEL_CLIENT },
  { pattern: /^@temporalio\//, reason: 'graphs know nothing of what drives them' },
  { pattern: /^@holdfast\/(?!agent-runtime\/graph$)/, reason: 'graphs may use @holdfast/agent-runtime/graph only' },
];

/** Why a module may not be part of a graph; undefined when its name says nothing against it. */
export function importProblem(specifier: string): string | undefined {
  if (isBuiltin(specifier)) return 'a workflow sees nothing of Node; do it in a tool and call that with callTool';
  return RULES.find(({ pattern }) => pattern.test(specifier))?.reason;
}

/** True for packages of which a bundle must hold one instance: the workspace's, whatever the folder has installed. */
export function isOurs(specifier: string): boolean {
  return /^(@langchain\/(core|langgraph|langgraph-checkpoint)|@holdfast\/agent-runtime\/graph)(\/|$)/.test(specifier);
}
