#!/usr/bin/env bash
# Runs once, when the primary's data folder is new. Creates the owner with its database, and the role and slot
# for the replica. The migrations create the apps' roles.
set -euo pipefail

# \getenv, because an argument would show the passwords in the process list.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv owner_password CORE_OWNER_PASSWORD
\getenv replication_password CORE_REPLICATION_PASSWORD
-- CREATEROLE creates the apps' roles. No superuser: an owner may create pgcrypto, a trusted extension.
CREATE ROLE core_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE DATABASE core_db OWNER core_owner;
CREATE ROLE core_replication LOGIN REPLICATION PASSWORD :'replication_password';
SELECT pg_create_physical_replication_slot('core_replica', true);
SQL

# "all" in the lines before this one does not include replication.
echo 'host replication core_replication all scram-sha-256' >> "$PGDATA/pg_hba.conf"
