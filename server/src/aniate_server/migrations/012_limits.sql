-- Limits: what each plan allows, and the meters that say how much of it is used.
--
-- A request is admitted in the transaction that opens its row, and what it reserved is given back in the one that closes
-- it, so that meters and rows can't disagree. Windows are whole minutes, days and months in UTC. Each meter is written
-- under the lock of its workspace's, so nobody waits in a circle and no window turns back.
--
-- Errors of our own: AN005 a limit is reached; the detail is a JSON object that says which.

create schema limits;
grant usage on schema limits to aniate_money;

create table limits.allowances (
  plan    text not null check (plan in ('free', 'pro', 'enterprise')),
  scope   text not null check (scope in ('workspace', 'user', 'key')),
  measure text not null check (measure in ('requests_minute', 'requests_day', 'tokens_minute', 'tokens_day', 'streams',
                                           'credit_month')),
  amount  bigint not null check (amount >= 0),
  primary key (plan, scope, measure)
);
comment on table limits.allowances is 'What a plan allows; what is not here is not limited. Credit is in micro-USD.';

create table limits.meters (
  workspace_id       uuid not null references aniate.workspaces on delete cascade,
  scope              text not null check (scope in ('workspace', 'user', 'key')),
  id                 uuid not null,
  minute             timestamptz not null,
  requests_minute    bigint not null default 0,
  tokens_minute      bigint not null default 0,
  day                timestamptz not null,
  requests_day       bigint not null default 0,
  tokens_day         bigint not null default 0,
  month              timestamptz not null,
  spent_micro_usd    bigint not null default 0,
  reserved_micro_usd bigint not null default 0,
  streams            bigint not null default 0,
  primary key (workspace_id, scope, id)
) with (fillfactor = 50);
comment on column limits.meters.tokens_minute is 'What was reserved by open requests and used by closed ones of this minute.';
comment on column limits.meters.spent_micro_usd is 'Of requests that were closed this month.';
comment on column limits.meters.reserved_micro_usd is 'Of all open requests, whenever they were opened.';

alter table limits.allowances enable row level security;
alter table limits.allowances force row level security;
alter table limits.meters enable row level security;
alter table limits.meters force row level security;
grant select, insert, update, delete on limits.allowances to aniate_money;
grant select, insert, update on limits.meters to aniate_money;
create policy all_by_function on limits.allowances to aniate_money using (true) with check (true);
create policy all_by_function on limits.meters to aniate_money using (true) with check (true);
grant select (id, plan) on aniate.workspaces to aniate_money;
create policy plan_by_function on aniate.workspaces for select to aniate_money using (true);

alter table aniate.usage add column reserved_tokens bigint not null default 0, add column metered_minute timestamptz;
comment on column aniate.usage.metered_minute is 'The minute whose meters it counts in; null for what was opened before there were any.';

create policy seeding on limits.allowances for insert to current_user with check (true);
insert into limits.allowances (plan, scope, measure, amount) values
  ('free', 'workspace', 'requests_minute', 60), ('free', 'workspace', 'requests_day', 2000),
  ('free', 'workspace', 'tokens_minute', 600000), ('free', 'workspace', 'tokens_day', 4000000),
  ('free', 'workspace', 'streams', 8), ('free', 'workspace', 'credit_month', 1000000),
  ('pro', 'workspace', 'requests_minute', 600), ('pro', 'workspace', 'requests_day', 50000),
  ('pro', 'workspace', 'tokens_minute', 6000000), ('pro', 'workspace', 'tokens_day', 100000000),
  ('pro', 'workspace', 'streams', 64), ('pro', 'workspace', 'credit_month', 15000000),
  ('pro', 'user', 'requests_minute', 300), ('pro', 'user', 'streams', 32),
  ('pro', 'key', 'requests_minute', 300), ('pro', 'key', 'streams', 32);
drop policy seeding on limits.allowances;

create function ledger.used(meter limits.meters, measure text) returns bigint
language sql immutable parallel safe
return case measure
  when 'requests_minute' then meter.requests_minute
  when 'requests_day' then meter.requests_day
  when 'tokens_minute' then meter.tokens_minute
  when 'tokens_day' then meter.tokens_day
  when 'streams' then meter.streams
  when 'credit_month' then meter.spent_micro_usd + meter.reserved_micro_usd
end;

create function ledger.turned(meter limits.meters, moment timestamptz) returns limits.meters
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  if meter.minute < date_trunc('minute', moment) then
    meter.minute := date_trunc('minute', moment);
    meter.requests_minute := 0;
    meter.tokens_minute := 0;
  end if;
  if meter.day < date_trunc('day', moment, 'UTC') then
    meter.day := date_trunc('day', moment, 'UTC');
    meter.requests_day := 0;
    meter.tokens_day := 0;
  end if;
  if meter.month < date_trunc('month', moment, 'UTC') then
    meter.month := date_trunc('month', moment, 'UTC');
    meter.spent_micro_usd := 0;
  end if;
  return meter;
end $$;
comment on function ledger.turned is 'The meter as it stands at that moment: windows that are over begin anew; no window turns back.';

create function ledger.resets_at(meter limits.meters, measure text) returns timestamptz
language sql immutable parallel safe
return case
  when measure like '%_minute' then meter.minute + interval '1 minute'
  when measure like '%_day' then meter.day + interval '1 day'
  when measure like '%_month' then (meter.month at time zone 'UTC' + interval '1 month') at time zone 'UTC'
end;

create function ledger.admit(workspace_id uuid, user_id uuid, key_id uuid, tokens bigint, micro_usd bigint,
                             out minute timestamptz, out standing jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  its_plan text;
  moment   timestamptz;
  meter    limits.meters;
  taken    limits.meters[] := '{}';
  scopes   text[] := array['workspace', 'user', 'key'];
  ids      uuid[] := array[admit.workspace_id, admit.user_id, admit.key_id];
  allowed  record;
begin
  select w.plan into its_plan from aniate.workspaces w where w.id = admit.workspace_id;
  standing := '[]';
  for i in 1 .. 3 loop
    continue when ids[i] is null;
    select m.* into meter from limits.meters m
    where m.workspace_id = admit.workspace_id and m.scope = scopes[i] and m.id = ids[i]
    for update;
    if not found then
      insert into limits.meters as m (workspace_id, scope, id, minute, day, month)
      values (admit.workspace_id, scopes[i], ids[i], '-infinity', '-infinity', '-infinity')
      on conflict on constraint meters_pkey do update set scope = excluded.scope
      returning m.* into meter;
    end if;
    if i = 1 then
      moment := greatest(clock_timestamp(), meter.minute);
      minute := date_trunc('minute', moment);
    end if;
    meter := ledger.turned(meter, moment);
    for allowed in select a.measure, a.amount, ledger.used(meter, a.measure) as used,
                          case when a.measure like 'requests%' or a.measure = 'streams' then 1
                               when a.measure like 'tokens%' then admit.tokens
                               else admit.micro_usd end as more
                   from limits.allowances a
                   where a.plan = its_plan and a.scope = scopes[i]
                   order by a.measure loop
      if allowed.used + allowed.more > allowed.amount then
        raise exception 'a limit is reached' using errcode = 'AN005', detail = jsonb_build_object(
          'scope', scopes[i], 'measure', allowed.measure, 'plan', its_plan, 'allowed', allowed.amount,
          'used', allowed.used, 'asked', allowed.more,
          'resets_in_s', ceil(extract(epoch from ledger.resets_at(meter, allowed.measure) - moment)));
      end if;
      standing := standing || jsonb_build_object(
        'scope', scopes[i], 'measure', allowed.measure, 'allowed', allowed.amount,
        'left', allowed.amount - allowed.used - allowed.more,
        'resets_in_s', ceil(extract(epoch from ledger.resets_at(meter, allowed.measure) - moment)));
    end loop;
    taken := taken || meter;
  end loop;
  foreach meter in array taken loop
    update limits.meters m
    set minute = meter.minute, requests_minute = meter.requests_minute + 1,
        tokens_minute = meter.tokens_minute + admit.tokens,
        day = meter.day, requests_day = meter.requests_day + 1, tokens_day = meter.tokens_day + admit.tokens,
        month = meter.month, spent_micro_usd = meter.spent_micro_usd,
        reserved_micro_usd = meter.reserved_micro_usd + admit.micro_usd, streams = meter.streams + 1
    where m.workspace_id = meter.workspace_id and m.scope = meter.scope and m.id = meter.id;
  end loop;
end $$;
comment on function ledger.admit is
  'Counts one request with the most that it can take, or raises AN005: the minute that it counts in, and what is left.';

create function ledger.give_back() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz;
  meter  limits.meters;
begin
  select greatest(clock_timestamp(), m.minute) into moment from limits.meters m
  where m.workspace_id = new.workspace_id and m.scope = 'workspace' and m.id = new.workspace_id
  for update;
  for meter in select m.* from limits.meters m
               where m.workspace_id = new.workspace_id
                 and (m.scope, m.id) in (('workspace', new.workspace_id), ('user', new.user_id), ('key', new.key_id)) loop
    meter := ledger.turned(meter, moment);
    update limits.meters m
    set minute = meter.minute, requests_minute = meter.requests_minute,
        tokens_minute = meter.tokens_minute + case when meter.minute = new.metered_minute
                                                   then new.input_tokens + new.output_tokens - new.reserved_tokens
                                                   else 0 end,
        day = meter.day, requests_day = meter.requests_day,
        tokens_day = meter.tokens_day + case when meter.day = date_trunc('day', new.metered_minute, 'UTC')
                                             then new.input_tokens + new.output_tokens - new.reserved_tokens
                                             else 0 end,
        month = meter.month, spent_micro_usd = meter.spent_micro_usd + new.cost_micro_usd,
        reserved_micro_usd = meter.reserved_micro_usd - new.reserved_micro_usd, streams = meter.streams - 1
    where m.workspace_id = meter.workspace_id and m.scope = meter.scope and m.id = meter.id;
  end loop;
  return null;
end $$;
comment on function ledger.give_back is 'What was reserved for a request goes, what it took stays; in the minute and day that it was counted in.';
create trigger give_back after update of state on aniate.usage
  for each row when (old.state = 'open' and new.state = 'closed' and new.metered_minute is not null)
  execute function ledger.give_back();

create function ledger.standing(workspace_id uuid, user_id uuid, key_id uuid)
returns table (scope text, measure text, allowed bigint, used bigint, resets_in_s integer)
language sql stable security definer set search_path = ''
begin atomic
  select a.scope, a.measure, a.amount, coalesce(ledger.used(meter.now, a.measure), 0),
         ceil(extract(epoch from ledger.resets_at(meter.now, a.measure) - now()))::integer
  from aniate.workspaces w
  join limits.allowances a on a.plan = w.plan
  left join limits.meters m
    on m.workspace_id = w.id and m.scope = a.scope
       and m.id = case a.scope when 'workspace' then w.id when 'user' then standing.user_id else standing.key_id end
  cross join lateral (select ledger.turned(m, now()) as now) meter
  where w.id = standing.workspace_id
  order by a.scope desc, a.measure;
end;
comment on function ledger.standing is 'What the plan allows, and how much of it is used or reserved now.';

create function ledger.allow(plan text, scope text, measure text, amount bigint) returns void
language sql security definer set search_path = ''
begin atomic
  delete from limits.allowances a
  where allow.amount is null and a.plan = allow.plan and a.scope = allow.scope and a.measure = allow.measure;
  insert into limits.allowances as a (plan, scope, measure, amount)
  select allow.plan, allow.scope, allow.measure, allow.amount where allow.amount is not null
  on conflict (plan, scope, measure) do update set amount = excluded.amount;
end;
comment on function ledger.allow is 'Sets what a plan allows; null takes the limit away.';

create function ledger.allowances() returns setof limits.allowances
language sql stable security definer set search_path = ''
begin atomic
  select a.* from limits.allowances a order by a.plan, a.scope desc, a.measure;
end;

grant update (plan) on aniate.workspaces to aniate_accounts;
create function accounts.set_plan(workspace_id uuid, plan text) returns boolean
language sql security definer set search_path = ''
begin atomic
  with changed as (
    update aniate.workspaces w set plan = set_plan.plan where w.id = set_plan.workspace_id returning 1
  )
  select exists (select from changed);
end;
revoke execute on function accounts.set_plan from public;
grant execute on function accounts.set_plan to aniate_server;

grant aniate_accounts, aniate_money to current_user;
grant create on schema accounts to aniate_accounts;
alter function accounts.set_plan owner to aniate_accounts;
revoke create on schema accounts from aniate_accounts;
grant create on schema ledger to aniate_money;
drop function ledger.open_request;
create function ledger.open_request(
  request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, brew text, model text, provider text,
  upstream_model text, prompt_version text, input_price bigint, output_price bigint,
  input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint, holder uuid,
  session_id uuid default null
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  most_micro_usd bigint := ledger.cost_micro_usd(open_request.max_input_tokens, open_request.max_output_tokens,
                                                 open_request.input_price, open_request.output_price);
  most_tokens    bigint := open_request.max_input_tokens + open_request.max_output_tokens;
  admitted       record;
begin
  if not exists (
    select from accounts.api_keys k
    where k.id = open_request.key_id and open_request.session_id is null and k.revoked_at is null
      and k.workspace_id = open_request.workspace_id and k.user_id = open_request.user_id
    union all
    select from accounts.sessions s
    where s.id = open_request.session_id and open_request.key_id is null and s.revoked_at is null
      and s.expires_at > now() and s.workspace_id = open_request.workspace_id and s.user_id = open_request.user_id
  ) then
    raise exception 'the key or the session may not be used for that workspace' using errcode = 'AN001';
  end if;
  admitted := ledger.admit(open_request.workspace_id, open_request.user_id, open_request.key_id, most_tokens,
                           most_micro_usd);
  insert into aniate.usage (id, workspace_id, user_id, key_id, session_id, brew, model, provider, upstream_model,
                            prompt_version, input_price, output_price, reserved_micro_usd, reserved_tokens,
                            metered_minute, input_tokens_estimate, holder)
  values (open_request.request_id, open_request.workspace_id, open_request.user_id, open_request.key_id,
          open_request.session_id, open_request.brew, open_request.model, open_request.provider,
          open_request.upstream_model, open_request.prompt_version, open_request.input_price,
          open_request.output_price, most_micro_usd, most_tokens, admitted.minute, open_request.input_tokens_estimate,
          open_request.holder);
  return admitted.standing;
end $$;
comment on function ledger.open_request is
  'Before the model is asked: admits the request (or raises AN005), reserves the most that it can cost, tells what is left.';

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proowner <> 'aniate_money'::regrole
                and proname <> 'refuse_change' loop
    execute format('revoke execute on function %s from public', made);
    if made::text !~ '^ledger\.(give_back|admit|used|turned|resets_at)\(' then
      execute format('grant execute on function %s to aniate_server', made);
    end if;
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_accounts, aniate_money from current_user;
