-- Refuses to commit a step of a shop's redaction before its time, while it is held, or after it is cancelled,
-- whatever the worker assumes. A refused step is rolled back entirely. The function runs with the rights of
-- its caller, and uses names that no temporary object can shadow.
CREATE OR REPLACE FUNCTION public.guard_shop_redaction() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.not_before > now() OR NEW.cancelled_at IS NOT NULL OR (NEW.held_at IS NOT NULL AND NEW.confirmed_at IS NULL) THEN
    RAISE EXCEPTION 'privacy request %: the redaction of the shop waits, is held or is cancelled', NEW.request_id
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER trg_guard_shop_redaction BEFORE UPDATE OF receipt, completed_at ON public.privacy_requests
  FOR EACH ROW WHEN (OLD.kind = 'shop_redact') EXECUTE FUNCTION public.guard_shop_redaction();
