export { assertRunnable } from './assert-runnable';
export { type CallModelOptions, callModel } from './call-model';
export { type CallPort, type CallSite, type ModelCall, type ToolCall, CALL_PORT_KEY } from './call-port';
export { type CallToolOptions, callTool, callTools } from './call-tool';
export { type GraphDefinition, type GraphSchemas, type JsonSchema, type RunnableGraph, defineGraph } from './graph-definition';
export { toApiForm } from './messages';
export { registerGraphs } from './registry';
export { type ApprovalOutcome, type ApprovalRequest, requestApproval } from './request-approval';
