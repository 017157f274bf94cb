import { systemAssistantId, type AssistantRow, type AssistantsRepository, type GraphsRepository } from '@holdfast/persistence';
import { AssistantDirectory } from './assistant-directory';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };

describe('the directory of assistants', () => {
  let rows: Map<string, AssistantRow>;
  let ensured: number;
  let directory: AssistantDirectory;
  beforeEach(() => {
    rows = new Map();
    ensured = 0;
    const assistants = {
      get: (_: unknown, id: string) => Promise.resolve(rows.get(id) ?? null),
      ensureSystem: (_: unknown, graphIds: readonly string[]) => {
        ensured += 1;
        for (const id of graphIds) rows.set(systemAssistantId(id), { assistant_id: systemAssistantId(id), graph_id: id } as AssistantRow);
        return Promise.resolve();
      },
    } as unknown as AssistantsRepository;
    directory = new AssistantDirectory(assistants, { list: () => Promise.resolve([{ graph_id: 'agent' }]), get: () => Promise.resolve(null) } as unknown as GraphsRepository);
  });

  it('makes a system assistant anew that another replica has deleted', async () => {
    expect(await directory.find(ctx, 'agent')).toMatchObject({ graph_id: 'agent' });
    rows.clear();
    // What another replica does is not heard of: only the memory of a second goes by.
    directory.forget(ctx, systemAssistantId('agent'));
    expect(await directory.find(ctx, 'agent')).toMatchObject({ graph_id: 'agent' });
    expect(ensured).toBe(2);
  });

  it('writes nothing for an assistant that never was', async () => {
    await directory.find(ctx, 'agent');
    expect(await directory.find(ctx, 'nobody')).toBeNull();
    expect(ensured).toBe(1);
  });
});
