import { v5 } from 'uuid';

/** Namespace of LangGraph's servers for the ids of assistants made from a graph's name. */
const NAMESPACE = '6ba7b821-9dad-11d1-80b4-00c04fd430c8';

/** The id of a graph's system assistant: the same on every LangGraph server, so that clients may know it. */
export function systemAssistantId(graphId: string): string {
  return v5(graphId, NAMESPACE);
}
