export { CONTEXT_METADATA_KEY, createContextCodec, verifiedContext, type ContextCodec, type ContextCodecOptions } from './context-codec';
export { runStarterServerOptions, toolRouterServerOptions } from './grpc-options';
export { MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, RUN_STARTER_SERVICE, TOOL_ROUTER_SERVICE } from './proto';
export { parseRequest } from './parse-request';
export { RpcErrorFilter } from './rpc-error.filter';
export { toRpcStatus } from './rpc-status';
export { WIRE_OF_EFFECT, WIRE_OF_STATUS, type ToolCall, type ToolCallResult, type ToolDescriptor, type ToolList } from './tool-messages';
export { WIRE_OF_WAY } from './run-starter-client';
export { ToolRouterClient } from './tool-router-client';
export {
  CallStatus,
  Effect,
  ToolRouterControllerMethods,
  type CallToolRequest,
  type CallToolResponse,
  type ListToolsRequest,
  type ListToolsResponse,
  type SettleCallRequest,
  type SettleCallResponse,
  type ToolRouterController,
} from './generated/holdfast/tools/v1/tools';
export {
  RunStarterControllerMethods,
  type DeliverRequest,
  type DeliverResponse,
  type RunStarterController as RunStarterRpc,
} from './generated/holdfast/runs/v1/runs';
