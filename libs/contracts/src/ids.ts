import { z } from 'zod';

/** A UUID of any version (RFC 9562): clients choose thread ids with v4, ours are v7. Lower-cased, so that it compares by text. */
export const uuidSchema = z.guid().transform((id) => id.toLowerCase());
