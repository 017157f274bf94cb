export { type WaitAnswer, type WaitedEvent, WAIT_OUTCOMES, parseWaitAnswer } from './answer';
export { type WaitQuestion, EVENT_KEPT_SECONDS, MAX_WAIT_SECONDS, WAIT_KIND, eventNames, parseWaitQuestion } from './question';
export { type WaitStatus, WAIT_STATUSES } from './states';
