export { CONTEXT_METADATA_KEY, createContextCodec, type ContextCodec, type ContextCodecOptions } from './context-codec';
export { toolRouterServerOptions } from './grpc-options';
export { MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, TOOL_ROUTER_SERVICE } from './proto';
export { fromRpcFailure, toRpcStatus } from './rpc-status';
export { WIRE_OF_EFFECT, WIRE_OF_STATUS, type ToolCall, type ToolCallResult, type ToolDescriptor, type ToolList } from './tool-messages';
export { ToolRouterClient, type CallControl, type ToolRouterClientOptions } from './tool-router-client';
export {
  CallStatus,
  Effect,
  ToolRouterControllerMethods,
  type CallToolRequest,
  type CallToolResponse,
  type ListToolsRequest,
  type ListToolsResponse,
  type ToolRouterController,
} from './generated/holdfast/tools/v1/tools';
