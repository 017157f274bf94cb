/** Strings in graph state longer than this (UTF-8 bytes) are kept as content-addressed blobs and travel as references. */
export const INLINE_LIMIT_BYTES = 2 * 1024;

/** Largest HTTP request body the gateway reads, in bytes; a larger one is answered with 413. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Deepest nesting of a JSON body; a deeper one is answered with 400 before any schema sees it. */
export const MAX_JSON_DEPTH = 64;

/** Most object keys and array items together in a JSON body. */
export const MAX_JSON_KEYS = 100_000;

/**
 * Most that a run can begin with, in bytes: state of the thread as the saver dumps it, context and configuration. Temporal's limit for a
 * message is 2 MiB, and JSON escapes the dump once more.
 */
export const MAX_SAVED_BYTES = 1_500_000;

/** Largest `data` of an event on JetStream, in bytes; a larger one is published as a reference to its journal row. */
export const MAX_EVENT_DATA_BYTES = 64 * 1024;
