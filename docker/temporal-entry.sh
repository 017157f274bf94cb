#!/usr/bin/env bash
# `server`: brings both schemas up to date, then serves. `ui`: the Web UI.
set -euo pipefail

case "${1:-server}" in
  server)
    # The database connections are the server's own variables; the address is the container's.
    export SQL_PLUGIN="$DB" SQL_HOST="$POSTGRES_SEEDS" SQL_PORT="${DB_PORT:-5432}" SQL_USER="$POSTGRES_USER" SQL_PASSWORD="$POSTGRES_PWD"
    for pair in "$DBNAME postgresql/v12/temporal" "$VISIBILITY_DBNAME postgresql/v12/visibility"; do
      read -r database schema <<<"$pair"
      SQL_DATABASE="$database" temporal-sql setup-schema -v 0.0
      SQL_DATABASE="$database" temporal-sql update-schema --schema-name "$schema"
    done
    BIND_ON_IP="$(hostname -i | cut -d' ' -f1)"
    export BIND_ON_IP TEMPORAL_BROADCAST_ADDRESS="$BIND_ON_IP"
    exec temporal-server --allow-no-auth start
    ;;
  ui)
    mkdir -p "$HOME/ui/config"
    sed -e "s|\${TEMPORAL_ADDRESS}|$TEMPORAL_ADDRESS|" -e "s|\${HOST}|0.0.0.0|" -e "s|\${PORT}|$PORT|" \
      /etc/holdfast/temporal-ui/config.yaml >"$HOME/ui/config/development.yaml"
    exec temporal-ui --root "$HOME/ui" start
    ;;
  *)
    echo "usage: temporal-entry server|ui" >&2
    exit 2
    ;;
esac
