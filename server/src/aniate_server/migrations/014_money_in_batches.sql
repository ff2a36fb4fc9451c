-- Many requests are opened, and many are settled, in one call and one commit; a process gathers what comes meanwhile.
--
-- The ledger is double-entry: an entry moves its amount from one account to another, so that all accounts together always
-- hold nothing. What was charged is also added up by workspace and hour, in the same transaction, for whoever bills it.

alter table ledger.entries
  add column debit text not null default 'receivable' check (debit in ('receivable', 'revenue')),
  add column credit text not null default 'revenue' check (credit in ('receivable', 'revenue')),
  add constraint from_one_to_another check (debit <> credit);
comment on column ledger.entries.debit is 'The account that the amount is added to: what a workspace owes.';
comment on column ledger.entries.credit is 'The account that it is taken from: what we have earned.';

create table ledger.billing_outbox (
  workspace_id     uuid not null references aniate.workspaces on delete restrict,
  hour             timestamptz not null,
  requests         bigint not null,
  amount_micro_usd bigint not null,
  primary key (workspace_id, hour)
);
comment on table ledger.billing_outbox is
  'What each workspace was charged in each hour. (workspace, hour) names it outside, so that it is billed once.';
alter table ledger.billing_outbox enable row level security;
alter table ledger.billing_outbox force row level security;
grant select, insert, update on ledger.billing_outbox to aniate_money;
create policy all_by_function on ledger.billing_outbox to aniate_money using (true) with check (true);
create policy carrying_over on ledger.billing_outbox for insert to current_user with check (true);
create policy carrying_over on ledger.entries for select to current_user using (true);
insert into ledger.billing_outbox
select e.workspace_id, date_trunc('hour', e.created_at, 'UTC'), count(*), sum(e.amount_micro_usd)
from ledger.entries e group by 1, 2;
drop policy carrying_over on ledger.entries;
drop policy carrying_over on ledger.billing_outbox;

alter table aniate.usage add column route text not null default '';
comment on column aniate.usage.route is 'Why this model answers, in a few words of ours.';

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

create function ledger.add_up() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into ledger.billing_outbox as o (workspace_id, hour, requests, amount_micro_usd)
  select n.workspace_id, date_trunc('hour', n.created_at, 'UTC'), count(*), sum(n.amount_micro_usd)
  from new_entries n
  group by 1, 2
  order by 1, 2
  on conflict (workspace_id, hour) do update
  set requests = o.requests + excluded.requests, amount_micro_usd = o.amount_micro_usd + excluded.amount_micro_usd;
  return null;
end $$;
create trigger add_up after insert on ledger.entries referencing new table as new_entries
  for each statement execute function ledger.add_up();

-- What was reserved is given back once a statement, whatever number of rows it closed.
drop trigger give_back on aniate.usage;
drop function ledger.give_back;
create function ledger.give_back() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- The workspace's meter first: whoever holds it may have the others.
  perform from limits.meters m
  where (m.workspace_id, m.scope, m.id) in (
    select n.workspace_id, s.scope, s.id
    from new_rows n
    cross join lateral (values ('workspace', n.workspace_id), ('user', n.user_id), ('key', n.key_id)) s (scope, id)
    where n.state = 'closed')
  order by m.workspace_id, m.scope desc, m.id
  for update;
  if not found then
    return null;
  end if;

  update limits.meters m
  set minute = back.minute, requests_minute = back.requests_minute,
      tokens_minute = back.tokens_minute + back.tokens_of_the_minute,
      day = back.day, requests_day = back.requests_day, tokens_day = back.tokens_day + back.tokens_of_the_day,
      month = back.month, spent_micro_usd = back.spent_micro_usd + back.cost_micro_usd,
      reserved_micro_usd = m.reserved_micro_usd - back.reserved, streams = m.streams - back.streams
  from (
    select now.workspace_id, now.scope, now.id, now.minute, now.requests_minute, now.tokens_minute, now.day,
           now.requests_day, now.tokens_day, now.month, now.spent_micro_usd,
           coalesce(sum(ended.tokens) filter (where ended.metered_minute = now.minute), 0) as tokens_of_the_minute,
           coalesce(sum(ended.tokens) filter (where date_trunc('day', ended.metered_minute, 'UTC') = now.day), 0)
             as tokens_of_the_day,
           sum(ended.cost_micro_usd) as cost_micro_usd, sum(ended.reserved_micro_usd) as reserved,
           count(*) as streams
    from (
      select n.workspace_id, s.scope, s.id, n.metered_minute, n.cost_micro_usd, n.reserved_micro_usd,
             n.input_tokens + n.output_tokens - n.reserved_tokens as tokens
      from new_rows n
      join old_rows o on o.id = n.id and o.state = 'open'
      cross join lateral (values ('workspace', n.workspace_id), ('user', n.user_id), ('key', n.key_id)) s (scope, id)
      where n.state = 'closed' and n.metered_minute is not null
    ) ended
    join limits.meters k on k.workspace_id = ended.workspace_id and k.scope = ended.scope and k.id = ended.id
    cross join lateral ledger.turned(k, greatest(clock_timestamp(), k.minute)) now
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  ) back
  where m.workspace_id = back.workspace_id and m.scope = back.scope and m.id = back.id;
  return null;
end $$;
comment on function ledger.give_back is 'What was reserved for requests goes, what they took stays; in the minute and day that each was counted in.';
-- A plan that is kept from when the tables were small must do when they are large.
alter function ledger.give_back set enable_seqscan = off;
alter function ledger.give_back set enable_hashjoin = off;
alter function ledger.give_back set enable_mergejoin = off;
create trigger give_back after update on aniate.usage referencing old table as old_rows new table as new_rows
  for each statement execute function ledger.give_back();

drop function ledger.admit;
create function ledger.admit(workspace_id uuid, user_id uuid, key_id uuid, requests bigint, tokens bigint,
                             micro_usd bigint, out minute timestamptz, out standing jsonb, out refused jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment    timestamptz;
  meter     limits.meters;
  workspace limits.meters;
  member    limits.meters;
  key       limits.meters;
  allowed   record;
begin
  loop
    -- The workspace's meter first: whoever holds it may have the others.
    for meter in select m.* from limits.meters m
                 where m.workspace_id = admit.workspace_id
                   and (m.scope, m.id) in (('workspace', admit.workspace_id), ('user', admit.user_id),
                                           ('key', admit.key_id))
                 order by m.scope desc
                 for update loop
      if meter.scope = 'workspace' then
        workspace := meter;
        moment := greatest(clock_timestamp(), meter.minute);
        workspace := ledger.turned(meter, moment);
      elsif meter.scope = 'user' then
        member := ledger.turned(meter, moment);
      else
        key := ledger.turned(meter, moment);
      end if;
    end loop;
    exit when workspace.id is not null and member.id is not null and (key.id is not null or admit.key_id is null);
    insert into limits.meters as m (workspace_id, scope, id, minute, day, month)
    select admit.workspace_id, s.scope, s.id, '-infinity', '-infinity', '-infinity'
    from (values ('workspace', admit.workspace_id), ('user', admit.user_id), ('key', admit.key_id)) s (scope, id)
    where s.id is not null
    order by s.scope desc
    on conflict on constraint meters_pkey do nothing;
  end loop;
  minute := date_trunc('minute', moment);

  standing := '[]';
  for allowed in
    select a.plan, a.scope, a.measure, a.amount,
           case when a.measure like 'requests%' or a.measure = 'streams' then admit.requests
                when a.measure like 'tokens%' then admit.tokens
                else admit.micro_usd end as more
    from aniate.workspaces w
    join limits.allowances a on a.plan = w.plan
    where w.id = admit.workspace_id and (a.scope <> 'key' or admit.key_id is not null)
    order by a.scope desc, a.measure
  loop
    meter := case allowed.scope when 'workspace' then workspace when 'user' then member else key end;
    if ledger.used(meter, allowed.measure) + allowed.more > allowed.amount then
      refused := jsonb_build_object(
        'scope', allowed.scope, 'measure', allowed.measure, 'plan', allowed.plan, 'allowed', allowed.amount,
        'used', ledger.used(meter, allowed.measure), 'asked', allowed.more,
        'resets_in_s', ceil(extract(epoch from ledger.resets_at(meter, allowed.measure) - moment)));
      return;
    end if;
    standing := standing || jsonb_build_object(
      'scope', allowed.scope, 'measure', allowed.measure, 'allowed', allowed.amount,
      'left', allowed.amount - ledger.used(meter, allowed.measure) - allowed.more,
      'resets_in_s', ceil(extract(epoch from ledger.resets_at(meter, allowed.measure) - moment)));
  end loop;

  foreach meter in array array[workspace, member, key] loop
    update limits.meters m
    set minute = meter.minute, requests_minute = meter.requests_minute + admit.requests,
        tokens_minute = meter.tokens_minute + admit.tokens,
        day = meter.day, requests_day = meter.requests_day + admit.requests,
        tokens_day = meter.tokens_day + admit.tokens,
        month = meter.month, spent_micro_usd = meter.spent_micro_usd,
        reserved_micro_usd = meter.reserved_micro_usd + admit.micro_usd, streams = meter.streams + admit.requests
    where m.workspace_id = meter.workspace_id and m.scope = meter.scope and m.id = meter.id;
  end loop;
end $$;
comment on function ledger.admit is
  'Counts so many requests of one caller with the most that they can take together, all or none: the minute that they
count in and what is left, or the limit that is in the way.';

create function ledger.may_ask(workspace_id uuid, user_id uuid, key_id uuid, session_id uuid) returns boolean
language sql stable security definer set search_path = ''
begin atomic
  select exists (
    select from accounts.api_keys k
    where k.id = may_ask.key_id and may_ask.session_id is null and k.revoked_at is null
      and k.workspace_id = may_ask.workspace_id and k.user_id = may_ask.user_id
  ) or exists (
    select from accounts.sessions s
    where s.id = may_ask.session_id and may_ask.key_id is null and s.revoked_at is null
      and s.expires_at > now() and s.workspace_id = may_ask.workspace_id and s.user_id = may_ask.user_id
  );
end;
comment on function ledger.may_ask is 'Whether the key or the login is good, and of that user in that workspace.';

drop function ledger.open_request;
create function ledger.open_requests(requests jsonb)
returns table (request_id uuid, standing jsonb, refused jsonb, known boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller   record;
  admitted record;
  one      integer;
  ids      uuid[] := '{}';
  minutes  timestamptz[] := '{}';
begin
  for caller in
    select r.workspace_id, r.user_id, r.key_id, r.session_id, count(*) as requests,
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
    if not ledger.may_ask(caller.workspace_id, caller.user_id, caller.key_id, caller.session_id) then
      return query select i, null::jsonb, null::jsonb, false from unnest(caller.ids) i;
      continue;
    end if;
    admitted := ledger.admit(caller.workspace_id, caller.user_id, caller.key_id, caller.requests, caller.all_tokens,
                             caller.all_micro_usd);
    if admitted.refused is null then
      return query select i, admitted.standing, null::jsonb, true from unnest(caller.ids) i;
      ids := ids || caller.ids;
      minutes := minutes || array_fill(admitted.minute, array[caller.requests::integer]);
      continue;
    end if;
    for one in 1 .. caller.requests loop
      if caller.requests > 1 then
        admitted := ledger.admit(caller.workspace_id, caller.user_id, caller.key_id, 1, caller.tokens[one],
                                 caller.micro_usd[one]);
      end if;
      return query select caller.ids[one], admitted.standing, admitted.refused, true;
      if admitted.refused is null then
        ids := ids || caller.ids[one];
        minutes := minutes || admitted.minute;
      end if;
    end loop;
  end loop;

  insert into aniate.usage (id, workspace_id, user_id, key_id, session_id, brew, model, provider, upstream_model,
                            prompt_version, route, input_price, output_price, reserved_micro_usd, reserved_tokens,
                            metered_minute, input_tokens_estimate, holder)
  select r.request_id, r.workspace_id, r.user_id, r.key_id, r.session_id, r.brew, r.model, r.provider, r.upstream_model,
         r.prompt_version, r.route, r.input_price, r.output_price,
         ledger.cost_micro_usd(r.max_input_tokens, r.max_output_tokens, r.input_price, r.output_price),
         r.max_input_tokens + r.max_output_tokens, a.minute, r.input_tokens_estimate, r.holder
  from unnest(ids, minutes) a (id, minute)
  join jsonb_to_recordset(requests) r (request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, session_id uuid,
                                       brew text, model text, provider text, upstream_model text, prompt_version text,
                                       route text, input_price bigint, output_price bigint,
                                       input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint,
                                       holder uuid) on r.request_id = a.id;
end $$;
comment on function ledger.open_requests is
  'Before models are asked: admits each request and reserves the most that it can cost; what is left of its limits, or the
one that is in the way, or that its key or login is not known.';

drop function ledger.settle;
create function ledger.settle_requests(ended jsonb)
returns table (request_id uuid, input_tokens bigint, output_tokens bigint, cost_micro_usd bigint, outcome text,
               estimated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  found_open integer;
begin
  return query
  with closed as (
    update aniate.usage u
    set state = 'closed', input_tokens = e.input_tokens, output_tokens = e.output_tokens, outcome = e.outcome,
        estimated = e.estimated, closed_at = now(),
        cost_micro_usd = least(
          ledger.cost_micro_usd(e.input_tokens, e.output_tokens, u.input_price, u.output_price),
          case when e.estimated then u.reserved_micro_usd end)
    from jsonb_to_recordset(settle_requests.ended) e (request_id uuid, input_tokens bigint, output_tokens bigint,
                                                      outcome text, estimated boolean)
    where u.id = e.request_id and u.state = 'open'
    returning u.*
  ), charged as (
    insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
    select c.workspace_id, c.id, 'charge', c.cost_micro_usd from closed c
  )
  select c.id, c.input_tokens, c.output_tokens, c.cost_micro_usd, c.outcome, c.estimated from closed c;
  get diagnostics found_open = row_count;
  if found_open < jsonb_array_length(settle_requests.ended) then  -- who comes second is told the truth, too
    return query
    select u.id, u.input_tokens, u.output_tokens, u.cost_micro_usd, u.outcome, u.estimated
    from aniate.usage u
    where u.id = any (array(select (e ->> 'request_id')::uuid from jsonb_array_elements(settle_requests.ended) e))
      and u.state = 'closed';
  end if;
end $$;
alter function ledger.settle_requests set enable_seqscan = off;
alter function ledger.settle_requests set enable_hashjoin = off;
alter function ledger.settle_requests set enable_mergejoin = off;
comment on function ledger.settle_requests is
  'Closes open requests and charges them, once each; their closed rows, also the second time. What is unknown is left out.';

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proowner <> 'aniate_money'::regrole
                and proname <> 'refuse_change' loop
    execute format('revoke execute on function %s from public', made);
    if made::text ~ '^ledger\.(open_requests|settle_requests)\(' then
      execute format('grant execute on function %s to aniate_server', made);
    end if;
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
