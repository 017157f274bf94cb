export {
  INLINE_LIMIT_BYTES,
  MAX_BODY_BYTES,
  MAX_EVENT_DATA_BYTES,
  MAX_EVENT_PAYLOAD_BYTES,
  MAX_JSON_DEPTH,
  MAX_JSON_KEYS,
  MAX_SAVED_BYTES,
  MAX_SUPERSTEPS,
} from './limits';
export { TaskQueue } from './task-queue';
export { uuidSchema } from './ids';
