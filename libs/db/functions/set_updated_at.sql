-- Sets the clock's time and not the start of the transaction: see announce_customer_changes. The trigger runs
-- for every row, so it qualifies the name that it uses: a setting of search_path costs each row a
-- microsecond.
CREATE OR REPLACE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := pg_catalog.clock_timestamp();
  RETURN NEW;
END
$$;

-- Does not fire when only the ciphertext changed: a key rotation is not a change of the customer.
CREATE OR REPLACE TRIGGER trg_customers_updated_at
  BEFORE UPDATE ON public.customers
  FOR EACH ROW
  WHEN (
    (OLD.external_id, OLD.email_hash, OLD.rfm_score, OLD.metadata, OLD.version, OLD.content_hash,
     OLD.source_updated_at, OLD.deleted_at, OLD.erased_at)
    IS DISTINCT FROM
    (NEW.external_id, NEW.email_hash, NEW.rfm_score, NEW.metadata, NEW.version, NEW.content_hash,
     NEW.source_updated_at, NEW.deleted_at, NEW.erased_at)
  )
  EXECUTE FUNCTION public.set_updated_at();

CREATE OR REPLACE TRIGGER trg_program_settings_updated_at
  BEFORE UPDATE ON public.program_settings
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE OR REPLACE TRIGGER trg_customer_import_slices_updated_at
  BEFORE UPDATE ON public.customer_import_slices
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();
