#!/usr/bin/env bash
# The command of the replica: copies the primary at the first start, then follows it.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Copied next to the final folder, so that an interrupted copy is never used as a complete one.
  rm -rf "$PGDATA.unfinished"
  mkdir -p "$(dirname "$PGDATA")"
  PGPASSWORD="$CORE_REPLICATION_PASSWORD" pg_basebackup \
    --host "$PRIMARY_HOST" --username core_replication --no-password \
    --pgdata "$PGDATA.unfinished" --checkpoint fast --wal-method stream \
    --slot core_replica --write-recovery-conf
  if [ -d "$PGDATA" ]; then rmdir "$PGDATA"; fi
  mv "$PGDATA.unfinished" "$PGDATA"
fi

exec "$@"
