-- Limits the statement that follows, and has it planned for its own parameters: no two searches are
-- alike.
SELECT
    set_config('statement_timeout', $1, true),
    set_config('plan_cache_mode', 'force_custom_plan', true)
