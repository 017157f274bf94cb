-- Which node of a graph takes back what a cancelled run did; null: none does, or the worker that registered it is of an older build.
ALTER TABLE executions.graphs ADD COLUMN compensate text;
