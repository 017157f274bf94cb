// The half that a caller needs; imports no Nest.
export { type ToolCall, type ToolCallResult, type ToolDescriptor, type ToolList } from './tool-messages';
export { ToolRouterClient, type CallControl, type ToolRouterClientOptions } from './tool-router-client';
