INSERT INTO horizon (instant)
VALUES (to_timestamp($1::double precision / 1000))
ON CONFLICT (is_only) DO UPDATE SET instant = greatest(horizon.instant, excluded.instant)
