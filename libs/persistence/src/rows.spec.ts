import type { z } from 'zod';
import type { approvalEntryRow, approvalRow } from './approvals.rows';
import type { cronRow } from './crons.rows';
import type { Prisma } from './generated/client';
import type { assistantRow, assistantVersionRow, checkpointRow, graphRow, runRow, threadRow } from './rows.schema';
import type { postedEventRow, waitRow } from './waits.rows';

// The compiler is the test: each row schema has exactly the columns of its table in schema.prisma (checkpoints: all but `saved` and `command_id`),
// and is nullable exactly where the column is. (JSON columns: Prisma's JsonValue includes null, so it tells nothing about them.)
type Kind<Table, K extends keyof Table, Value> = Prisma.JsonValue extends Table[K] ? 'json' : null extends Value ? 'nullable' : 'required';
type Expected<Table> = { [K in keyof Table]: Kind<Table, K, Table[K]> };
type Actual<Row, Table> = { [K in keyof Row]: K extends keyof Table ? Kind<Table, K, Row[K]> : never };
type Same<Row, Table> = [Actual<Row, Table>] extends [Expected<Table>] ? ([Expected<Table>] extends [Actual<Row, Table>] ? true : false) : false;
type Stored<Payload extends { scalars: unknown }> = Payload['scalars'];

const equal: true[] = [
  true satisfies Same<z.infer<typeof runRow>, Stored<Prisma.$runsPayload>>,
  true satisfies Same<z.infer<typeof threadRow>, Stored<Prisma.$threadsPayload>>,
  true satisfies Same<z.infer<typeof checkpointRow>, Omit<Stored<Prisma.$checkpointsPayload>, 'saved' | 'command_id'>>,
  true satisfies Same<z.infer<typeof assistantRow>, Stored<Prisma.$assistantsPayload>>,
  true satisfies Same<z.infer<typeof assistantVersionRow>, Stored<Prisma.$assistant_versionsPayload>>,
  true satisfies Same<z.infer<typeof graphRow>, Stored<Prisma.$graphsPayload>>,
  true satisfies Same<z.infer<typeof approvalRow>, Stored<Prisma.$approvalsPayload>>,
  true satisfies Same<z.infer<typeof approvalEntryRow>, Stored<Prisma.$approval_entriesPayload>>,
  true satisfies Same<z.infer<typeof waitRow>, Stored<Prisma.$waitsPayload>>,
  true satisfies Same<z.infer<typeof postedEventRow>, Stored<Prisma.$posted_eventsPayload>>,
  true satisfies Same<z.infer<typeof cronRow>, Omit<Stored<Prisma.$cronsPayload>, 'firing_until'>>,
];

describe('row schemas', () => {
  it('have the columns of their tables (checked by the compiler)', () => {
    expect(equal).toHaveLength(11);
  });
});
