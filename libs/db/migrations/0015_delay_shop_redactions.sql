-- oldest build: 0012
-- The redaction of a shop waits before it is carried out, can be cancelled until it is done, and is held when
-- an unusual number of them arrive within an hour. Rejected: a separate table. The columns describe the
-- request and end with it.
ALTER TABLE "privacy_requests" ADD COLUMN "not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "held_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "confirmed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "cancelled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "cancel_reason" varchar;--> statement-breakpoint
-- Redactions in progress continue. The worker schedules those that have not begun.
UPDATE privacy_requests SET not_before = received_at
 WHERE kind = 'shop_redact' AND completed_at IS NULL AND receipt ? 'whole';
--> statement-breakpoint
-- No step of a redaction is committed before its time, while it is held, or after it is cancelled. This
-- includes steps of a worker of the build before, which does not know these columns; it runs beside this
-- build during an update, and again after a rollback. A refused step is rolled back entirely. The function
-- runs with the rights of its caller, and uses qualified names that no temporary object can shadow.
CREATE FUNCTION guard_shop_redaction() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.not_before > now() OR NEW.cancelled_at IS NOT NULL OR (NEW.held_at IS NOT NULL AND NEW.confirmed_at IS NULL) THEN
    RAISE EXCEPTION 'privacy request %: the redaction of the shop waits, is held or is cancelled', NEW.request_id
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER trg_guard_shop_redaction BEFORE UPDATE OF receipt, completed_at ON privacy_requests
FOR EACH ROW WHEN (OLD.kind = 'shop_redact') EXECUTE FUNCTION guard_shop_redaction();
