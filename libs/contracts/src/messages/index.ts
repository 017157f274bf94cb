export { CALL_ID } from './call-id';
export {
  type AiMessageDto,
  type ContentBlock,
  type MessageContent,
  type MessageDto,
  type ToolCallDto,
  type ToolMessageDto,
  type UsageDto,
  aiMessageSchema,
  messageSchema,
  toolCallSchema,
  toolMessageSchema,
  usageSchema,
} from './message';
export { type BlobRef, type StoredBlob, blobHashes, externalise, hydrate, isBlobRef } from './blob-ref';
export { type ListRef, isListRef, itemsOf, listHashes, withItems, withLists } from './list-ref';
export { type TokenChunk, tokenChunkSchema } from './token';
