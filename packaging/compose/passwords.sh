#!/usr/bin/env bash
# Run once by the image of PostgreSQL, after roles.sql: gives the two roles their passwords.
set -euo pipefail

psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set owner="$(cat /run/secrets/owner-password)" --set server="$(cat /run/secrets/server-password)" <<'SQL'
ALTER ROLE syncline_owner PASSWORD :'owner';
ALTER ROLE syncline_server PASSWORD :'server';
SQL
