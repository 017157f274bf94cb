import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { HoldfastError } from '@holdfast/contracts/errors';
import { tenantContextSchema, type TenantContext } from '@holdfast/tenant-context';
import { z } from 'zod';

/** Metadata key of the signed context. */
export const CONTEXT_METADATA_KEY = 'holdfast-context';

/** Shortest accepted secret, bytes: HMAC-SHA256 gains nothing from more than 32 and loses below. */
export const MIN_SECRET_BYTES = 16;

const DEFAULT_MAX_SKEW_MS = 60_000;
const MAX_VALUE_LENGTH = 8_192;

/** Options of {@link createContextCodec}. */
export interface ContextCodecOptions {
  /** Shared by our own apps (HOLDFAST_INTERNAL_SECRET), at least 16 bytes. */
  readonly secret: string;
  /** Who may accept the value, such as the service's full name; a value made for another audience is refused. */
  readonly audience: string;
  /** Largest difference between the clocks of signer and verifier, either way. Milliseconds, default 60,000. */
  readonly maxSkewMs?: number;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

/** Carries a {@link TenantContext} between our own apps so that the receiver knows one of them made it. */
export interface ContextCodec {
  /** The signed value, printable ASCII: base64url(JSON) `.` base64url(HMAC-SHA256). */
  sign(ctx: TenantContext): string;
  /**
   * @throws HoldfastError UNAUTHENTICATED when the value is absent, malformed, for another audience, not ours or too old (or too
   * new). The message never says more than the reason's class.
   */
  verify(value: string | undefined): TenantContext;
}

const envelopeSchema = z.strictObject({ v: z.literal(1), iat: z.number().int(), aud: z.string(), ctx: tenantContextSchema });

/**
 * Makes the codec of one audience.
 * @throws RangeError when the secret is too short.
 */
export function createContextCodec(options: ContextCodecOptions): ContextCodec {
  const { audience, maxSkewMs = DEFAULT_MAX_SKEW_MS, now = Date.now } = options;
  const raw = Buffer.from(options.secret, 'utf8');
  if (raw.byteLength < MIN_SECRET_BYTES) throw new RangeError(`the internal secret needs at least ${MIN_SECRET_BYTES} bytes`);
  const key = createSecretKey(raw);
  const mac = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest();

  return {
    sign(ctx) {
      const payload = Buffer.from(JSON.stringify({ v: 1, iat: now(), aud: audience, ctx }), 'utf8').toString('base64url');
      return `${payload}.${mac(payload).toString('base64url')}`;
    },
    verify(value) {
      if (value === undefined || value === '') throw refused('no signed context');
      if (value.length > MAX_VALUE_LENGTH) throw refused('malformed context');
      const dot = value.indexOf('.');
      const payload = value.slice(0, dot);
      const given = Buffer.from(value.slice(dot + 1), 'base64url');
      const expected = mac(payload);
      // The signature is checked before anything inside is looked at, and its comparison takes the same time for every content.
      if (dot < 1 || given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) throw refused('wrong signature');
      const envelope = envelopeSchema.safeParse(parseJson(payload));
      if (!envelope.success) throw refused('malformed context');
      if (envelope.data.aud !== audience) throw refused('context for another service');
      if (Math.abs(now() - envelope.data.iat) > maxSkewMs) throw refused('context too old or from the future');
      return envelope.data.ctx;
    },
  };
}

/** The context of a gRPC call. @throws HoldfastError UNAUTHENTICATED as {@link ContextCodec.verify} does */
export function verifiedContext(codec: ContextCodec, metadata: Metadata): TenantContext {
  const value = metadata.get(CONTEXT_METADATA_KEY)[0];
  return codec.verify(typeof value === 'string' ? value : undefined);
}

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function refused(reason: string): HoldfastError {
  return new HoldfastError('UNAUTHENTICATED', `The call carries ${reason}.`);
}
