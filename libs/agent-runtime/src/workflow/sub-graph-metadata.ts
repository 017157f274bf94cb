/**
 * Metadata of a sub-graph's checkpoint as people see it: of the checkpoints above it only the root's. The others have LangGraph's own ids, which parallel
 * sub-graphs get in another order when a workflow task is executed again; what a journal was told would be told twice.
 */
export function shownMetadata(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null || !('parents' in metadata)) return metadata;
  const { '': root } = metadata.parents as Readonly<Record<string, string>>;
  return { ...metadata, parents: root === undefined ? {} : { '': root } };
}
