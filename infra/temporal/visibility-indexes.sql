-- Run by role `temporal` inside database `temporal_visibility` after each update of Temporal's schema, any number of times.
--
-- Temporal indexes every column that a search attribute could take: 72 indexes, into which the start and the end of each workflow are written
-- (measured: 28 KB of WAL and 5.4 ms for each of the two, half of what PostgreSQL does for a run). Holdfast defines no custom search attributes:
-- tenants, assistants and states of runs are looked up in its own tables. Dropped are the indexes of columns that nobody writes: custom
-- attributes, and those that Temporal keeps in reserve. Queries work without them. Whoever defines a custom search attribute
-- makes its index again:
--   CREATE INDEX by_keyword_01 ON executions_visibility (namespace_id, keyword01, (COALESCE(close_time, '9999-12-31 23:59:59')) DESC, start_time DESC, run_id);
DO $$
DECLARE
  unused text;
BEGIN
  FOR unused IN
    SELECT indexname FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = 'executions_visibility'
      AND indexname ~ '^by_(temporal_)?(bool|datetime|double|int|keyword|text|keyword_list|low_cardinality_keyword)_[0-9]{2}$'
  LOOP
    EXECUTE format('DROP INDEX %I', unused);
  END LOOP;
END
$$;
