-- As many users as `bench.users` says, each with a workspace, a key, meters and some usage that was charged.
-- Run as superuser. The key of user N is 'aniate_sk_' and N, filled up with b on the left to 43 characters.

create temporary table made as
select n, uuidv7() as user_id, uuidv7() as workspace_id, uuidv7() as key_id,
       'aniate_sk_' || lpad(n::text, 43, 'b') as key
from generate_series(1, current_setting('bench.users')::integer) n;

insert into accounts.users (id, email, name)
select user_id, 'user' || n || '@localhost', 'user ' || n from made;

insert into aniate.workspaces (id, name, plan)
select workspace_id, 'workspace ' || n, 'enterprise' from made;

insert into aniate.members (workspace_id, user_id, role)
select workspace_id, user_id, 'owner' from made;

insert into accounts.api_keys (id, workspace_id, user_id, name, prefix, hash)
select key_id, workspace_id, user_id, 'bench', left(key, 14), sha256(key::bytea) from made;

insert into limits.meters (workspace_id, scope, id, minute, day, month)
select workspace_id, scope, case scope when 'workspace' then workspace_id when 'user' then user_id else key_id end,
       date_trunc('minute', now()), date_trunc('day', now(), 'UTC'), date_trunc('month', now(), 'UTC')
from made cross join unnest(array['workspace', 'user', 'key']) scope;

insert into aniate.usage (id, workspace_id, user_id, key_id, brew, model, provider, upstream_model, prompt_version, state,
                          input_price, output_price, reserved_micro_usd, input_tokens_estimate, input_tokens,
                          output_tokens, cost_micro_usd, outcome, estimated, holder, opened_at, closed_at)
select uuidv7(make_interval(hours => -i)), workspace_id, user_id, key_id, 'ask', 'default', 'groq', 'bench', 'bench',
       'closed', 0, 1000000, 100, 60, 60, 20, 20, 'ok', false, gen_random_uuid(),
       now() - make_interval(hours => i), now() - make_interval(hours => i)
from made cross join generate_series(1, 5) i;

insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd, created_at)
select u.workspace_id, u.id, 'charge', u.cost_micro_usd, u.closed_at
from aniate.usage u where u.upstream_model = 'bench';

analyze;
