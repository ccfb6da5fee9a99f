-- Empties drained partitions of the outbox and moves the writers to a clean one. Only the holder of the
-- keeper's lease may do so; see switchPartition in libs/events. It is one statement, so that a relay that is
-- stopped leaves no lock behind. It scans the table sequentially: in a table of dead rows no other plan finds
-- a live row faster. Returns whether the writers have moved.
CREATE OR REPLACE FUNCTION public.switch_outbox_partition(keeper smallint, lease bigint, partitions int) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = on AS $$
DECLARE
  used smallint;
  leaf regclass;
  clean smallint;
  filled boolean;
BEGIN
  PERFORM FROM public.outbox_shards s WHERE s.shard = $1 AND s.fence = $2 FOR SHARE;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT r.partition INTO STRICT used FROM public.outbox_current_partition r;
  FOR other IN 0 .. $3 - 1 LOOP
    CONTINUE WHEN other = used;
    leaf := format('public.outbox_events_%s', other);
    IF pg_relation_size(leaf) > 0 THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %s)', leaf) INTO filled;
      CONTINUE WHEN filled;
      BEGIN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', leaf);
      EXCEPTION WHEN lock_not_available THEN CONTINUE;
      END;
      EXECUTE format('SELECT EXISTS (SELECT FROM %s)', leaf) INTO filled;
      CONTINUE WHEN filled;
      EXECUTE format('TRUNCATE %s', leaf);
    END IF;
    clean := other;
  END LOOP;
  IF clean IS NULL THEN RETURN false; END IF;
  UPDATE public.outbox_current_partition SET partition = clean;
  RETURN true;
END
$$;
