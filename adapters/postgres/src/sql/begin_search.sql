-- Limits the statement that follows, and has it planned for its own parameters: no two searches are
-- alike. Documents are read in the order of their keys, so that whoever wants the first few of many
-- need not read all of them, whatever the planner thinks of how many there are.
SELECT
    set_config('statement_timeout', $1, true),
    set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('enable_bitmapscan', 'off', true)
