SELECT EXISTS (
    SELECT FROM pg_ts_config WHERE cfgname = $1 AND pg_ts_config_is_visible(oid)
)
