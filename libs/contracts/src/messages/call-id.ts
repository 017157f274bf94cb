/**
 * Form of a model or tool call's id in its run's ledger, as the source of a regular expression: a task or a hash of what is asked, and which one of
 * those that begin so. The runtime makes them, stream cursors and message ids carry them. Calls of a sub-agent stand behind its own id and a slash.
 */
export const CALL_ID = '[0-9a-h][0-9a-f]{15}-\\d{1,6}';
