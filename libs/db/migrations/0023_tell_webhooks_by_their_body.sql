-- oldest build: 0017
-- Two webhooks of one event id may say two things: the second was taken for a repetition, and an erasure lost. The body
-- of one that is done is gone, so a keyed hash of it tells whether it comes again. The unique index stays as it is, as
-- the build before this one needs it: a second webhook gets an id of its own. Rows of that build have no hash.
ALTER TABLE "webhook_events" ADD COLUMN "body_hash" bytea;
