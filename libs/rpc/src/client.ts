// The half that a caller needs; imports no Nest.
export type { CallControl, RpcChannelOptions } from './rpc-channel';
export { RunStarterClient, type DeliveryWay, type RunToDeliver } from './run-starter-client';
export { type ToolCall, type ToolCallResult, type ToolDescriptor, type ToolList } from './tool-messages';
export { ToolRouterClient } from './tool-router-client';
