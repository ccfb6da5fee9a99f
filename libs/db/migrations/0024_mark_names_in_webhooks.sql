-- oldest build: 0017
-- An erasure opened every webhook that its merchant held, to see whom it is about: with ten thousand of them each erasure
-- took a second, and a queue with many erasures stood nearly still. The marks tell which bodies must be opened. Rows of
-- the build before this one have none and are opened; marks of a row that it finishes stay until the row is pruned.
ALTER TABLE "webhook_events" ADD COLUMN "name_marks" integer[];
