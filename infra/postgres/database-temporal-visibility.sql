-- Run by a superuser inside database `temporal_visibility`, any number of times.
-- Temporal's visibility schema wants this extension; made here so that role `temporal` needs no further right.
CREATE EXTENSION IF NOT EXISTS btree_gin;
