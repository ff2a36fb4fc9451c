-- What does not agree: usage rows with the ledger, open rows with the meters, and both with what the providers say.
-- Nothing here changes a row or an entry: it finds, and people decide.
--
-- A request belongs to the day (UTC) that it was closed on. A provider may count it on the day that it began, and of a
-- flagged row nobody knows what it counted: these two, and nothing else, leave a provider's totals room.

create table ledger.provider_totals (
  day           date not null,
  provider      text not null,
  model         text not null,
  requests      bigint check (requests >= 0),
  input_tokens  bigint not null check (input_tokens >= 0),
  output_tokens bigint not null check (output_tokens >= 0),
  imported_at   timestamptz not null default now(),
  primary key (day, provider, model)
);
comment on table ledger.provider_totals is 'What providers say that they counted, of all workspaces together.';
comment on column ledger.provider_totals.model is 'The provider''s name of it: aniate.usage.upstream_model.';
comment on column ledger.provider_totals.requests is 'Null where the provider does not say.';
alter table ledger.provider_totals enable row level security;
alter table ledger.provider_totals force row level security;
grant select, insert, update on ledger.provider_totals to aniate_money;
create policy all_by_function on ledger.provider_totals to aniate_money using (true) with check (true);

-- Summaries of block ranges: they cost a write nearly nothing, and rows lie in the order of their days.
create index usage_days on aniate.usage using brin (opened_at, closed_at);
create index entries_days on ledger.entries using brin (created_at);

create function ledger.import_provider_totals(totals jsonb) returns integer
language sql security definer set search_path = ''
begin atomic
  with imported as (
    insert into ledger.provider_totals as t (day, provider, model, requests, input_tokens, output_tokens)
    select r.day, r.provider, r.model, r.requests, r.input_tokens, r.output_tokens
    from jsonb_to_recordset(import_provider_totals.totals)
      as r(day date, provider text, model text, requests bigint, input_tokens bigint, output_tokens bigint)
    on conflict (day, provider, model) do update
      set requests = excluded.requests, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
          imported_at = now()
    returning 1
  )
  select count(*)::integer from imported;
end;
comment on function ledger.import_provider_totals is 'Keeps what providers counted; what was known of the same day goes.';

create function ledger.uneven_rows(day date)
returns table (finding text, request_id uuid, rows_say bigint, ledger_says bigint)
language sql stable security definer set search_path = ''
begin atomic
  with bounds as (
    select uneven_rows.day::timestamp at time zone 'UTC' as begins,
           (uneven_rows.day + 1)::timestamp at time zone 'UTC' as ends
  ), closed as (
    select u.id, u.workspace_id, u.cost_micro_usd,
           least(ledger.cost_micro_usd(u.input_tokens, u.output_tokens, u.input_price, u.output_price),
                 case when u.estimated then u.reserved_micro_usd end) as right_cost
    from aniate.usage u, bounds b
    where u.closed_at >= b.begins and u.closed_at < b.ends
  )
  select case when e.id is null then 'no_entry' else 'entry_differs' end, c.id, c.cost_micro_usd, e.amount_micro_usd
  from closed c
  left join ledger.entries e on e.request_id = c.id and e.kind = 'charge'
  where e.id is null or e.amount_micro_usd <> c.cost_micro_usd or e.workspace_id <> c.workspace_id
  union all
  select 'price_differs', c.id, c.cost_micro_usd, c.right_cost
  from closed c
  where c.cost_micro_usd <> c.right_cost
  union all
  select 'no_row', e.request_id, null, e.amount_micro_usd
  from bounds b
  join ledger.entries e on e.created_at >= b.begins and e.created_at < b.ends and e.kind = 'charge'
  left join aniate.usage u on u.id = e.request_id
  where u.id is null or u.state = 'open';
end;
comment on function ledger.uneven_rows is
  'Closed rows of a day without their entry, entries without a closed row, and rows that cost other than their prices say.';

create function ledger.left_open(silence interval, longest interval)
returns table (request_id uuid, holder uuid, open_s bigint)
language sql stable security definer set search_path = ''
begin atomic
  select u.id, u.holder, extract(epoch from now() - u.opened_at)::bigint
  from aniate.usage u
  where u.state = 'open'
    and (u.opened_at <= now() - left_open.longest
         or u.opened_at <= now() - left_open.silence
            and not exists (select from operations.holders h
                            where h.holder = u.holder and h.seen_at > now() - left_open.silence))
  order by u.opened_at;
end;
comment on function ledger.left_open is 'Rows that the sweeper should have closed, or that are open longer than any answer takes.';

create function ledger.uneven_meters()
returns table (workspace_id uuid, scope text, id uuid, measure text, meter_says bigint, rows_say bigint)
language sql stable security definer set search_path = ''
begin atomic
  with held as (
    select u.workspace_id, s.scope, s.id, count(*) as streams, sum(u.reserved_micro_usd)::bigint as reserved_micro_usd
    from aniate.usage u
    cross join lateral (values ('workspace', u.workspace_id), ('user', u.user_id), ('key', u.key_id)) s(scope, id)
    where u.state = 'open' and u.metered_minute is not null and s.id is not null
    group by u.workspace_id, s.scope, s.id
  )
  select workspace_id, scope, id, v.measure, v.meter_says, v.rows_say
  from limits.meters m
  full join held h using (workspace_id, scope, id)
  cross join lateral (values
    ('streams', coalesce(m.streams, 0), coalesce(h.streams, 0)),
    ('reserved_micro_usd', coalesce(m.reserved_micro_usd, 0), coalesce(h.reserved_micro_usd, 0))
  ) v(measure, meter_says, rows_say)
  where v.meter_says <> v.rows_say;
end;
comment on function ledger.uneven_meters is 'Meters that hold other than what the open rows reserve.';

create function ledger.day_totals(day date)
returns table (
  provider text, model text, rows bigint, flagged bigint, input_tokens bigint, output_tokens bigint,
  cost_micro_usd bigint, charged_micro_usd bigint,
  least_requests bigint, most_requests bigint, least_input bigint, most_input bigint,
  least_output bigint, most_output bigint, most_tokens bigint,
  provider_requests bigint, provider_input bigint, provider_output bigint
)
language sql stable security definer set search_path = ''
begin atomic
  with bounds as (
    select day_totals.day::timestamp at time zone 'UTC' as begins,
           (day_totals.day + 1)::timestamp at time zone 'UTC' as ends
  ), touched as (
    select u.id, u.provider, u.upstream_model, coalesce(u.estimated, false) as flagged, u.input_tokens, u.output_tokens,
           u.cost_micro_usd, e.amount_micro_usd, coalesce(u.closed_at >= b.begins and u.closed_at < b.ends, false) as closed_today,
           u.state = 'closed' and not u.estimated
             and u.opened_at >= b.begins and u.closed_at < b.ends as sure,
           case when u.state = 'closed' and not u.estimated then u.input_tokens else r.most end as most_input,
           case when u.state = 'closed' and not u.estimated then u.output_tokens else r.most end as most_output,
           case when u.state = 'closed' and not u.estimated then u.input_tokens + u.output_tokens else r.most end as most
    from bounds b
    join aniate.usage u on u.closed_at >= b.begins and u.closed_at < b.ends
                           or u.opened_at >= b.begins and u.opened_at < b.ends
    cross join lateral (select greatest(u.reserved_tokens, coalesce(u.input_tokens + u.output_tokens, 0)) as most) r
    left join ledger.entries e on e.request_id = u.id and e.kind = 'charge'
  ), sums as (
    select t.provider, t.upstream_model as model,
           count(*) filter (where t.closed_today) as rows,
           count(*) filter (where t.closed_today and t.flagged) as flagged,
           coalesce(sum(t.input_tokens) filter (where t.closed_today), 0)::bigint as input_tokens,
           coalesce(sum(t.output_tokens) filter (where t.closed_today), 0)::bigint as output_tokens,
           coalesce(sum(t.cost_micro_usd) filter (where t.closed_today), 0)::bigint as cost_micro_usd,
           coalesce(sum(t.amount_micro_usd) filter (where t.closed_today), 0)::bigint as charged_micro_usd,
           count(*) filter (where t.sure and t.input_tokens + t.output_tokens > 0) as least_requests,
           count(*) as most_requests,
           coalesce(sum(t.input_tokens) filter (where t.sure), 0)::bigint as least_input,
           coalesce(sum(t.most_input), 0)::bigint as most_input,
           coalesce(sum(t.output_tokens) filter (where t.sure), 0)::bigint as least_output,
           coalesce(sum(t.most_output), 0)::bigint as most_output,
           coalesce(sum(t.most), 0)::bigint as most_tokens
    from touched t
    group by t.provider, t.upstream_model
  ), said as (
    select p.provider, p.model, p.requests, p.input_tokens, p.output_tokens
    from ledger.provider_totals p where p.day = day_totals.day
  )
  select provider, model, coalesce(s.rows, 0), coalesce(s.flagged, 0), coalesce(s.input_tokens, 0),
         coalesce(s.output_tokens, 0), coalesce(s.cost_micro_usd, 0), coalesce(s.charged_micro_usd, 0),
         coalesce(s.least_requests, 0), coalesce(s.most_requests, 0), coalesce(s.least_input, 0),
         coalesce(s.most_input, 0), coalesce(s.least_output, 0), coalesce(s.most_output, 0), coalesce(s.most_tokens, 0),
         p.requests, p.input_tokens, p.output_tokens
  from sums s
  full join said p using (provider, model)
  order by provider, model;
end;
comment on function ledger.day_totals is
  'What rows and ledger say of a day by provider and model, and between what the provider''s totals must lie.';

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace
                and proname in ('import_provider_totals', 'uneven_rows', 'left_open', 'uneven_meters', 'day_totals') loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
