export {
  type EventData,
  type EventType,
  type Frame,
  type RunEventDraft,
  EVENT_CATALOGUE,
  TERMINAL_EVENTS,
  frameSchema,
} from './catalogue';
export { type CloudEvent, type JournalRow, cloudEventSchema, eventId, toCloudEvent } from './envelope';
