import { getConfig } from '@langchain/langgraph';
import { HoldfastError } from '@holdfast/contracts/errors';
import { type CallPort, type CallSite, CALL_PORT_KEY } from './call-port';

/**
 * The port of the current run and the place of the current node in its graph, from the config that LangGraph keeps for the node.
 * @throws HoldfastError INTERNAL outside a node, or in a run that bound no port.
 */
export function currentCallSite(): { readonly port: CallPort; readonly site: CallSite } {
  const config = getConfig();
  const port = config?.configurable?.[CALL_PORT_KEY] as CallPort | undefined;
  const node: unknown = config?.metadata?.['langgraph_node'];
  if (port === undefined || typeof node !== 'string') {
    throw new HoldfastError('INTERNAL', 'callModel and callTool work inside a node of a graph that Holdfast runs');
  }
  // The innermost part names the node's own task.
  const path = String(config.configurable?.['checkpoint_ns'] ?? '').split('|');
  return { port, site: { node, ns: path.slice(0, -1) } };
}
