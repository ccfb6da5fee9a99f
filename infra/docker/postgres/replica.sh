#!/usr/bin/env bash
# The replica's command: copies the primary at the first start, then follows it.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Beside the final folder, so that a copy that was cut off is never taken for a whole one.
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
