-- oldest build: 0017
-- The firing that was served last. The start of the last run does not tell it: where the clock is put forward
-- an hourly schedule has two firings within a minute, and the run of the first looks like that of the second.
-- The build before this one leaves it empty; then the start of the run decides, as it did.
ALTER TABLE "import_schedules" ADD COLUMN "last_due_at" timestamp with time zone;
