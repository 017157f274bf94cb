/**
 * Thrown when the stream did not confirm; the events may or may not be in it. Publishing them again with the same ids is safe within
 * the duplicate window (10 min); after it, ask the stream first.
 */
export class PublishFailedError extends Error {
  constructor(
    readonly code: 'NATS_AWAY' | 'ACK_TIMEOUT' | 'REFUSED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
