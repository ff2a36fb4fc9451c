-- The same books with less work. Rows are found by their ids, one by one, whatever a planner thinks of a list of unknown
-- length; what belongs together is written by the function that knows it, not by triggers that must find it out; and
-- checks are few, since PostgreSQL reads each anew for every statement.

alter table aniate.usage
  drop constraint usage_state_check, drop constraint usage_outcome_check, drop constraint closed_rows_are_whole,
  drop constraint usage_input_price_check, drop constraint usage_output_price_check,
  drop constraint usage_reserved_micro_usd_check, drop constraint usage_input_tokens_estimate_check,
  drop constraint usage_input_tokens_check, drop constraint usage_output_tokens_check,
  drop constraint usage_cost_micro_usd_check, drop constraint usage_cached_price_check,
  drop constraint cached_is_a_part_of_the_input,
  add constraint closed_rows_are_whole check (
    num_nonnulls(input_tokens, output_tokens, cost_micro_usd, outcome, estimated, closed_at)
      = case state when 'open' then 0 when 'closed' then 6 else -1 end
    and outcome in ('ok', 'length', 'cancelled', 'failed', 'abandoned')
  ),
  add constraint amounts_are_amounts check (
    least(input_price, output_price, cached_price, reserved_micro_usd, reserved_tokens, input_tokens_estimate,
          input_tokens, output_tokens, cached_input_tokens, cost_micro_usd) >= 0
    and cached_input_tokens <= coalesce(input_tokens, 0)
  );

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

drop function ledger.admit;
create function ledger.admit(workspace_id uuid, user_id uuid, key_id uuid, plan text, requests bigint, tokens bigint,
                             micro_usd bigint, out minute timestamptz, out standing jsonb, out refused jsonb)
language plpgsql
as $$
declare
  scopes     constant text[] := '{workspace,user,key}';
  ids        constant uuid[] := array[admit.workspace_id, admit.user_id, admit.key_id];
  moment     timestamptz;
  today      timestamptz;
  this_month timestamptz;
  counted    integer;
  allowed    record;
begin
  -- The workspace's meter first: whoever holds it may have the others. No window turns back.
  select greatest(m.minute, date_trunc('minute', clock_timestamp())) into minute
  from limits.meters m
  where m.workspace_id = admit.workspace_id and m.scope = 'workspace' and m.id = admit.workspace_id
  for update;
  if not found then
    insert into limits.meters as m (workspace_id, scope, id, minute, day, month)
    values (admit.workspace_id, 'workspace', admit.workspace_id, '-infinity', '-infinity', '-infinity')
    on conflict on constraint meters_pkey do update set scope = excluded.scope
    returning greatest(m.minute, date_trunc('minute', clock_timestamp())) into minute;
  end if;
  moment := greatest(clock_timestamp(), minute);
  today := date_trunc('day', minute, 'UTC');
  this_month := date_trunc('month', minute, 'UTC');

  update limits.meters m
  set minute = admit.minute,
      requests_minute = case when m.minute < admit.minute then 0 else m.requests_minute end + admit.requests,
      tokens_minute = case when m.minute < admit.minute then 0 else m.tokens_minute end + admit.tokens,
      day = greatest(m.day, today),
      requests_day = case when m.day < today then 0 else m.requests_day end + admit.requests,
      tokens_day = case when m.day < today then 0 else m.tokens_day end + admit.tokens,
      month = greatest(m.month, this_month),
      spent_micro_usd = case when m.month < this_month then 0 else m.spent_micro_usd end,
      reserved_micro_usd = m.reserved_micro_usd + admit.micro_usd, streams = m.streams + admit.requests
  where m.workspace_id = admit.workspace_id and m.scope = any (scopes) and m.id = any (ids);
  get diagnostics counted = row_count;
  if counted < num_nonnulls(variadic ids) then
    insert into limits.meters (workspace_id, scope, id, minute, requests_minute, tokens_minute, day, requests_day,
                               tokens_day, month, reserved_micro_usd, streams)
    select admit.workspace_id, s.scope, s.id, admit.minute, admit.requests, admit.tokens, today, admit.requests,
           admit.tokens, this_month, admit.micro_usd, admit.requests
    from unnest(scopes, ids) s (scope, id)
    where s.id is not null
    on conflict on constraint meters_pkey do nothing;
  end if;

  standing := '[]';
  for allowed in
    select a.scope, a.measure, a.amount, ledger.used(m, a.measure) as used,
           case when a.measure like 'requests%' or a.measure = 'streams' then admit.requests
                when a.measure like 'tokens%' then admit.tokens
                else admit.micro_usd end as asked,
           ceil(extract(epoch from ledger.resets_at(m, a.measure) - moment)) as resets_in_s
    from limits.allowances a
    join limits.meters m on m.workspace_id = admit.workspace_id and m.scope = a.scope and m.id = any (ids)
    where a.plan = admit.plan
    order by a.scope desc, a.measure
  loop
    if allowed.used > allowed.amount then
      refused := jsonb_build_object(
        'scope', allowed.scope, 'measure', allowed.measure, 'plan', admit.plan, 'allowed', allowed.amount,
        'used', allowed.used - allowed.asked, 'asked', allowed.asked, 'resets_in_s', allowed.resets_in_s);
      update limits.meters m
      set requests_minute = m.requests_minute - admit.requests, tokens_minute = m.tokens_minute - admit.tokens,
          requests_day = m.requests_day - admit.requests, tokens_day = m.tokens_day - admit.tokens,
          reserved_micro_usd = m.reserved_micro_usd - admit.micro_usd, streams = m.streams - admit.requests
      where m.workspace_id = admit.workspace_id and m.scope = any (scopes) and m.id = any (ids);
      return;
    end if;
    standing := standing || jsonb_build_object(
      'scope', allowed.scope, 'measure', allowed.measure, 'allowed', allowed.amount,
      'left', allowed.amount - allowed.used, 'resets_in_s', allowed.resets_in_s);
  end loop;
end $$;
comment on function ledger.admit is
  'Counts so many requests of one caller with the most that they can take together, all or none: the minute that they
count in and what is left, or the limit that is in the way. Only within `open_requests`.';

create or replace function ledger.open_requests(requests jsonb)
returns table (request_id uuid, standing jsonb, refused jsonb, known boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller   record;
  its_plan text;
  admitted record;
  together boolean;
  ids      uuid[] := '{}';
  minutes  timestamptz[] := '{}';
begin
  for caller in
    select r.workspace_id, r.user_id, r.key_id, r.session_id, count(*)::integer as requests,
           array_agg(r.request_id) as ids,
           array_agg(r.max_input_tokens + r.max_output_tokens) as tokens,
           array_agg(ledger.cost_micro_usd(r.max_input_tokens, r.max_output_tokens, r.input_price, r.output_price))
             as micro_usd,
           sum(r.max_input_tokens + r.max_output_tokens)::bigint as all_tokens,
           sum(ledger.cost_micro_usd(r.max_input_tokens, r.max_output_tokens, r.input_price, r.output_price))::bigint
             as all_micro_usd
    from jsonb_to_recordset(requests) r (request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, session_id uuid,
                                         input_price bigint, output_price bigint, max_input_tokens bigint,
                                         max_output_tokens bigint)
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
  loop
    -- The key or the login is good, and of that user in that workspace.
    if caller.session_id is null then
      select w.plan into its_plan
      from accounts.api_keys k
      join aniate.workspaces w on w.id = k.workspace_id
      where k.id = caller.key_id and k.revoked_at is null
        and k.workspace_id = caller.workspace_id and k.user_id = caller.user_id;
    else
      select w.plan into its_plan
      from accounts.sessions s
      join aniate.workspaces w on w.id = s.workspace_id
      where s.id = caller.session_id and caller.key_id is null and s.revoked_at is null and s.expires_at > now()
        and s.workspace_id = caller.workspace_id and s.user_id = caller.user_id;
    end if;
    known := found;
    if not known then
      foreach request_id in array caller.ids loop
        return next;
      end loop;
      continue;
    end if;

    admitted := ledger.admit(caller.workspace_id, caller.user_id, caller.key_id, its_plan, caller.requests,
                             caller.all_tokens, caller.all_micro_usd);
    together := admitted.refused is null or caller.requests = 1;
    for one in 1 .. caller.requests loop
      if not together then
        admitted := ledger.admit(caller.workspace_id, caller.user_id, caller.key_id, its_plan, 1, caller.tokens[one],
                                 caller.micro_usd[one]);
      end if;
      request_id := caller.ids[one];
      standing := admitted.standing;
      refused := admitted.refused;
      return next;
      if refused is null then
        ids := ids || request_id;
        minutes := minutes || admitted.minute;
      end if;
    end loop;
    standing := null;
    refused := null;
  end loop;

  insert into aniate.usage (id, workspace_id, user_id, key_id, session_id, brew, model, provider, upstream_model,
                            prompt_version, route, input_price, output_price, reserved_micro_usd, reserved_tokens,
                            metered_minute, input_tokens_estimate, holder)
  select r.request_id, r.workspace_id, r.user_id, r.key_id, r.session_id, r.brew, r.model, r.provider, r.upstream_model,
         r.prompt_version, r.route, r.input_price, r.output_price,
         ledger.cost_micro_usd(r.max_input_tokens, r.max_output_tokens, r.input_price, r.output_price),
         r.max_input_tokens + r.max_output_tokens, minutes[array_position(ids, r.request_id)],
         r.input_tokens_estimate, r.holder
  from jsonb_to_recordset(requests) r (request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, session_id uuid,
                                       brew text, model text, provider text, upstream_model text, prompt_version text,
                                       route text, input_price bigint, output_price bigint,
                                       input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint,
                                       holder uuid)
  where r.request_id = any (ids);
end $$;
drop function ledger.may_ask;

drop trigger give_back on aniate.usage;
drop function ledger.give_back;
drop trigger add_up on ledger.entries;
drop function ledger.add_up;

create function ledger.charge(workspace_id uuid, user_id uuid, key_id uuid, metered_minute timestamptz, requests bigint,
                              tokens_more bigint, micro_usd bigint, reserved_micro_usd bigint) returns void
language plpgsql
as $$
declare
  this_hour  constant timestamptz := date_trunc('hour', now(), 'UTC');
  this_month constant timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
  its_day    constant timestamptz := date_trunc('day', charge.metered_minute, 'UTC');
begin
  update ledger.billing_outbox o
  set requests = o.requests + charge.requests, amount_micro_usd = o.amount_micro_usd + charge.micro_usd
  where o.workspace_id = charge.workspace_id and o.hour = this_hour;
  if not found then
    insert into ledger.billing_outbox as o (workspace_id, hour, requests, amount_micro_usd)
    values (charge.workspace_id, this_hour, charge.requests, charge.micro_usd)
    on conflict on constraint billing_outbox_pkey do update
    set requests = o.requests + excluded.requests, amount_micro_usd = o.amount_micro_usd + excluded.amount_micro_usd;
  end if;

  if charge.metered_minute is null then
    return;
  end if;
  -- The workspace's meter first: whoever holds it may have the others.
  perform from limits.meters m
  where m.workspace_id = charge.workspace_id and m.scope = 'workspace' and m.id = charge.workspace_id
  for update;
  update limits.meters m
  set tokens_minute = m.tokens_minute + case m.minute when charge.metered_minute then charge.tokens_more else 0 end,
      tokens_day = m.tokens_day + case m.day when its_day then charge.tokens_more else 0 end,
      month = greatest(m.month, this_month),
      spent_micro_usd = case when m.month < this_month then 0 else m.spent_micro_usd end + charge.micro_usd,
      reserved_micro_usd = m.reserved_micro_usd - charge.reserved_micro_usd, streams = m.streams - charge.requests
  where m.workspace_id = charge.workspace_id and m.scope in ('workspace', 'user', 'key')
    and m.id in (charge.workspace_id, charge.user_id, charge.key_id);
end $$;
comment on function ledger.charge is
  'What closed requests of one caller and minute cost goes to billing; of their reservations, what they took stays in the
minute and day that they were counted in (`tokens_more` is below zero where that is less). Only within `settle_requests`.';

create or replace function ledger.settle_requests(ended jsonb)
returns table (request_id uuid, input_tokens bigint, output_tokens bigint, cost_micro_usd bigint, outcome text,
               estimated boolean, cached_input_tokens bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  told      record;
  closed    integer := 0;
  workspace uuid;  -- of whom `requests` and what follows are
  member    uuid;
  key       uuid;
  minute    timestamptz;
  requests  bigint;
  tokens    bigint;
  cost      bigint;
  reserved  bigint;
begin
  -- All rows are locked before the first meter is; and callers come in the order that they are admitted in.
  for told in
    select o.*, e.input_tokens, e.output_tokens, e.outcome, e.estimated, e.cached_price,
           coalesce(e.cached_input_tokens, 0) as cached_input_tokens,
           least(
             ledger.cost_micro_usd(e.input_tokens, e.output_tokens, o.input_price, o.output_price,
                                   coalesce(e.cached_input_tokens, 0), e.cached_price),
             case when e.estimated then o.reserved_micro_usd end) as cost_micro_usd
    from jsonb_to_recordset(settle_requests.ended) e (request_id uuid, input_tokens bigint, output_tokens bigint,
                                                      outcome text, estimated boolean, cached_input_tokens bigint,
                                                      cached_price bigint)
    cross join lateral (
      select u.id, u.workspace_id, u.user_id, u.key_id, u.metered_minute, u.input_price, u.output_price,
             u.reserved_tokens, u.reserved_micro_usd
      from aniate.usage u
      where u.id = e.request_id and u.state = 'open'
      for update
    ) o
    order by o.workspace_id, o.user_id, o.key_id, o.metered_minute
  loop
    if (workspace, member, key, minute)
       is distinct from (told.workspace_id, told.user_id, told.key_id, told.metered_minute) then
      if closed > 0 then
        perform ledger.charge(workspace, member, key, minute, requests, tokens, cost, reserved);
      end if;
      workspace := told.workspace_id;
      member := told.user_id;
      key := told.key_id;
      minute := told.metered_minute;
      requests := 0;
      tokens := 0;
      cost := 0;
      reserved := 0;
    end if;
    update aniate.usage u
    set state = 'closed', input_tokens = told.input_tokens, output_tokens = told.output_tokens, outcome = told.outcome,
        estimated = told.estimated, closed_at = now(), cached_input_tokens = told.cached_input_tokens,
        cached_price = told.cached_price, cost_micro_usd = told.cost_micro_usd
    where u.id = told.id and u.state = 'open';
    continue when not found;  -- it is named twice
    insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
    values (told.workspace_id, told.id, 'charge', told.cost_micro_usd);
    request_id := told.id;
    input_tokens := told.input_tokens;
    output_tokens := told.output_tokens;
    cost_micro_usd := told.cost_micro_usd;
    outcome := told.outcome;
    estimated := told.estimated;
    cached_input_tokens := told.cached_input_tokens;
    return next;
    requests := requests + 1;
    tokens := tokens + told.input_tokens + told.output_tokens - told.reserved_tokens;
    cost := cost + told.cost_micro_usd;
    reserved := reserved + told.reserved_micro_usd;
    closed := closed + 1;
  end loop;
  if closed > 0 then
    perform ledger.charge(workspace, member, key, minute, requests, tokens, cost, reserved);
  end if;
  if closed < jsonb_array_length(settle_requests.ended) then  -- who comes second is told the truth, too
    return query
    select u.id, u.input_tokens, u.output_tokens, u.cost_micro_usd, u.outcome, u.estimated, u.cached_input_tokens
    from aniate.usage u
    where u.id = any (array(select (e ->> 'request_id')::uuid from jsonb_array_elements(settle_requests.ended) e))
      and u.state = 'closed';
  end if;
end $$;

create or replace function ledger.sweep(older_than interval) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  abandoned jsonb;
begin
  -- Nobody knows what was delivered: charged is the question alone, within the reservation.
  select jsonb_agg(jsonb_build_object('request_id', u.id, 'input_tokens', u.input_tokens_estimate, 'output_tokens', 0,
                                      'outcome', 'abandoned', 'estimated', true))
  into abandoned
  from (
    select u.id, u.input_tokens_estimate
    from aniate.usage u
    where u.state = 'open'
      -- A process may open its first request before its first heartbeat.
      and u.opened_at <= now() - sweep.older_than
      and not exists (select from operations.holders h
                      where h.holder = u.holder and h.seen_at > now() - sweep.older_than)
    for update of u skip locked
  ) u;
  if abandoned is not null then
    perform ledger.settle_requests(abandoned);
  end if;

  delete from operations.holders h
  where h.seen_at < now() - greatest(sweep.older_than, interval '1 day');
  return coalesce(jsonb_array_length(abandoned), 0);
end $$;

-- A plan that is kept from when the tables were small must do when they are large; and none is made anew each time.
do $$
declare
  made regproc;
begin
  foreach made in array '{ledger.open_requests,ledger.settle_requests,ledger.sweep}'::regproc[] loop
    execute format('alter function %s set plan_cache_mode = force_generic_plan', made);
    execute format('alter function %s set enable_seqscan = off', made);
    execute format('alter function %s set enable_hashjoin = off', made);
    execute format('alter function %s set enable_mergejoin = off', made);
  end loop;
end $$;

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proname in ('admit', 'charge') loop
    execute format('revoke execute on function %s from public', made);
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
