/** Strings in graph state longer than this (UTF-8 bytes) are kept as content-addressed blobs and travel as references. */
export const INLINE_LIMIT_BYTES = 2 * 1024;

/** Largest HTTP request body the gateway reads, in bytes; a larger one is answered with 413. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Deepest nesting of a JSON body; a deeper one is answered with 400 before any schema sees it. */
export const MAX_JSON_DEPTH = 64;

/** Most object keys and array items together in a JSON body. */
export const MAX_JSON_KEYS = 100_000;

/** Most supersteps of a run. */
export const MAX_SUPERSTEPS = 10_000;

/**
 * Most that a run can begin with, in bytes: state of the thread as the saver dumps it, context and configuration. Temporal's limit for a
 * message is 2 MiB, and JSON escapes the dump once more.
 */
export const MAX_SAVED_BYTES = 1_500_000;

/**
 * Most that a state may take as it is stored, in bytes: what {@link MAX_SAVED_BYTES} leaves when 64 KiB are kept for context and configuration of
 * the run that begins with it.
 */
export const MAX_STATE_BYTES = MAX_SAVED_BYTES - 64 * 1024;

/**
 * Most that one node of a graph may return, ask of a model or tool, or emit as a custom event, in bytes. Temporal refuses payloads of 2 MiB, a
 * workflow task of 4 MiB comes to nothing, and a node must leave room for what the state held before it.
 */
export const MAX_RESULT_BYTES = 1_000_000;

/** Longest message of an error that a graph throws, in characters: it stands in the run's row, its last event and a checkpoint. */
export const MAX_ERROR_TEXT = 4_000;

/** Largest `data` of an event on JetStream, in bytes; a larger one is published as a reference to its journal row. */
export const MAX_EVENT_DATA_BYTES = 64 * 1024;

/** Largest `payload` of a posted event, as JSON with its long texts left out, in bytes: each wait that it ends gets a copy. A larger one is answered with 413. */
export const MAX_EVENT_PAYLOAD_BYTES = 64 * 1024;
