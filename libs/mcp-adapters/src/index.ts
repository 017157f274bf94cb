export { type ContentBlock } from './content-block';
export { McpCallError, isMcpCallError, type McpCallErrorCode } from './mcp-call-error';
export { RESULT_LIMIT_BYTES, normaliseResult, type NormalisedResult } from './normalise-result';
export { isDropped, normaliseTool, type DroppedTool, type NormalisedTool } from './normalise-tool';
export { McpServerConnection, type McpCallOptions, type McpServerConnectionOptions, type McpServerState } from './server-connection';
export { McpServerPool } from './server-pool';
export { type HttpServerSpec, type McpLimits, type McpServerSpec, type StdioServerSpec } from './server-spec';
export { type McpLog } from './session-keeper';
export { isServerSlug, modelFacingName } from './tool-name';
