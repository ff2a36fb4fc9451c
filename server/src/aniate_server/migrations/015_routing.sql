-- Routing: what a model costs where it has read the words before, what it can do, which plans may ask it; why a request
-- went to its model; and how an open request goes over to another one.

alter table inference.models
  add column cached_input_price bigint check (cached_input_price >= 0),
  add column features text[] not null default '{}' check (features <@ array['tools', 'json_schema']),
  add column plans text[] not null default '{}' check (plans <@ array['free', 'pro', 'enterprise']);
comment on column inference.models.cached_input_price is
  'Micro-USD per million tokens that the provider had in its cache; null where it makes no difference.';
comment on column inference.models.features is 'What requests may demand of it: tools, json_schema.';
comment on column inference.models.plans is 'Which plans may ask it; empty means all.';

-- The rows are written by the tables' owner, who is subject to the policies, too.
create policy seeding on inference.models to current_user using (true) with check (true);
update inference.models set cached_input_price = 37500, features = '{tools,json_schema}'
where provider = 'groq' and alias = 'fast' and valid_from = '2026-08-01';
update inference.models set cached_input_price = 75000, features = '{tools,json_schema}'
where provider = 'groq' and alias = 'smart' and valid_from = '2026-08-01';
update inference.models set features = '{tools,json_schema}' where provider = 'local' and valid_from = '2026-08-01';
-- An example of a provider beside the main one (ANIATE_FRONTIER=openai). Names and prices change: whoever sets a key
-- looks at the price list and runs `aniate-server models --check` first. Its answers are kept as short as the others',
-- since the most that an answer can cost is reserved.
insert into inference.models (provider, upstream_model, alias, input_price, cached_input_price, output_price,
                              context_tokens, max_output_tokens, features, plans, valid_from) values
  ('openai', 'gpt-4.1', 'frontier', 2000000, 500000, 8000000, 1047576, 8192, '{tools,json_schema}',
   '{pro,enterprise}', '2026-08-01');
drop policy seeding on inference.models;

comment on column aniate.usage.route is 'Why this model answered, in words for programs: brew:review plan:pro size:ok busy:fast.';
grant update (model, provider, upstream_model, input_price, output_price, reserved_micro_usd, reserved_tokens,
              input_tokens_estimate, route) on aniate.usage to aniate_money;

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

create function ledger.reroute(
  request_id uuid, model text, provider text, upstream_model text, input_price bigint, output_price bigint,
  input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint, route text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  most_micro_usd bigint := ledger.cost_micro_usd(reroute.max_input_tokens, reroute.max_output_tokens,
                                                 reroute.input_price, reroute.output_price);
  most_tokens    bigint := reroute.max_input_tokens + reroute.max_output_tokens;
  before         aniate.usage;
  its_plan       text;
  moment         timestamptz;
  meter          limits.meters;
  reached        record;
begin
  select u.* into before from aniate.usage u where u.id = reroute.request_id and u.state = 'open' for update;
  if not found then
    raise exception 'there is no such open request' using errcode = 'AN002';
  end if;
  update aniate.usage u
  set model = reroute.model, provider = reroute.provider, upstream_model = reroute.upstream_model,
      input_price = reroute.input_price, output_price = reroute.output_price, reserved_micro_usd = most_micro_usd,
      reserved_tokens = most_tokens, input_tokens_estimate = reroute.input_tokens_estimate, route = reroute.route
  where u.id = before.id;
  if before.metered_minute is null then
    return;
  end if;

  select w.plan into its_plan from aniate.workspaces w where w.id = before.workspace_id;
  select greatest(clock_timestamp(), m.minute) into moment from limits.meters m
  where m.workspace_id = before.workspace_id and m.scope = 'workspace' and m.id = before.workspace_id
  for update;
  for meter in select m.* from limits.meters m
               where m.workspace_id = before.workspace_id
                 and (m.scope, m.id) in (('workspace', before.workspace_id), ('user', before.user_id),
                                         ('key', before.key_id)) loop
    meter := ledger.turned(meter, moment);
    -- What it asks for now against what the others leave, in the windows that it counts in.
    select a.measure, a.amount, ledger.used(meter, a.measure) - o.old as others, o.new as asked into reached
    from limits.allowances a
    cross join lateral (
      select case when a.measure = 'credit_month' then before.reserved_micro_usd else before.reserved_tokens end as old,
             case when a.measure = 'credit_month' then most_micro_usd else most_tokens end as new
    ) o
    where a.plan = its_plan and a.scope = meter.scope and o.new > o.old
      and (a.measure = 'credit_month'
           or a.measure = 'tokens_minute' and meter.minute = before.metered_minute
           or a.measure = 'tokens_day' and meter.day = date_trunc('day', before.metered_minute, 'UTC'))
      and ledger.used(meter, a.measure) - o.old + o.new > a.amount
    order by a.measure
    limit 1;
    if found then
      raise exception 'a limit is reached' using errcode = 'AN005', detail = jsonb_build_object(
        'scope', meter.scope, 'measure', reached.measure, 'plan', its_plan, 'allowed', reached.amount,
        'used', reached.others, 'asked', reached.asked,
        'resets_in_s', ceil(extract(epoch from ledger.resets_at(meter, reached.measure) - moment)));
    end if;
    update limits.meters m
    set minute = meter.minute, requests_minute = meter.requests_minute,
        tokens_minute = meter.tokens_minute + case when meter.minute = before.metered_minute
                                                   then most_tokens - before.reserved_tokens else 0 end,
        day = meter.day, requests_day = meter.requests_day,
        tokens_day = meter.tokens_day + case when meter.day = date_trunc('day', before.metered_minute, 'UTC')
                                             then most_tokens - before.reserved_tokens else 0 end,
        month = meter.month, spent_micro_usd = meter.spent_micro_usd,
        reserved_micro_usd = meter.reserved_micro_usd + most_micro_usd - before.reserved_micro_usd
    where m.workspace_id = meter.workspace_id and m.scope = meter.scope and m.id = meter.id;
  end loop;
end $$;
comment on function ledger.reroute is
  'An open request goes over to another model: its prices and its reservation, or AN005 if that is too much. Twice is as once.';

revoke execute on function ledger.reroute from public;
grant execute on function ledger.reroute to aniate_server;
alter function ledger.reroute owner to aniate_money;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
