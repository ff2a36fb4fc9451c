-- What a provider had in its cache is charged at the price of that: how much it was, and the price, stand in the row.

alter table aniate.usage
  add column cached_input_tokens bigint not null default 0,
  add column cached_price bigint check (cached_price >= 0),
  add constraint cached_is_a_part_of_the_input check (cached_input_tokens between 0 and coalesce(input_tokens, 0));
comment on column aniate.usage.cached_input_tokens is 'Of input_tokens: those that the provider had in its cache, as far as it said.';
comment on column aniate.usage.cached_price is
  'Micro-USD per million of them, as it was when the request was settled; null where they cost as much as the others.';
grant update (cached_input_tokens, cached_price) on aniate.usage to aniate_money;

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

-- A cache makes nothing dearer, whatever its price: else a request could cost more than the most that was reserved for it.
create function ledger.cost_micro_usd(input_tokens bigint, output_tokens bigint, input_price bigint, output_price bigint,
                                      cached_input_tokens bigint, cached_price bigint)
returns bigint
language sql immutable parallel safe
return ceil(((input_tokens::numeric - cached_input_tokens) * input_price
             + cached_input_tokens::numeric * least(cached_price, input_price)
             + output_tokens::numeric * output_price) / 1000000)::bigint;
comment on function ledger.cost_micro_usd(bigint, bigint, bigint, bigint, bigint, bigint) is
  'The only place that computes a cost. Prices: micro-USD per million tokens. cached_input_tokens are a part of
input_tokens, and cost the lower of the two prices; cached_price may be null.';

create or replace function ledger.cost_micro_usd(input_tokens bigint, output_tokens bigint, input_price bigint,
                                                 output_price bigint)
returns bigint
language sql immutable parallel safe
return ledger.cost_micro_usd(input_tokens, output_tokens, input_price, output_price, 0, null);
comment on function ledger.cost_micro_usd(bigint, bigint, bigint, bigint) is 'What it costs where nothing was cached.';

drop function ledger.settle_requests;
create function ledger.settle_requests(ended jsonb)
returns table (request_id uuid, input_tokens bigint, output_tokens bigint, cost_micro_usd bigint, outcome text,
               estimated boolean, cached_input_tokens bigint)
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
        cached_input_tokens = coalesce(e.cached_input_tokens, 0), cached_price = e.cached_price,
        cost_micro_usd = least(
          ledger.cost_micro_usd(e.input_tokens, e.output_tokens, u.input_price, u.output_price,
                                coalesce(e.cached_input_tokens, 0), e.cached_price),
          case when e.estimated then u.reserved_micro_usd end)
    from jsonb_to_recordset(settle_requests.ended) e (request_id uuid, input_tokens bigint, output_tokens bigint,
                                                      outcome text, estimated boolean, cached_input_tokens bigint,
                                                      cached_price bigint)
    where u.id = e.request_id and u.state = 'open'
    returning u.*
  ), charged as (
    insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
    select c.workspace_id, c.id, 'charge', c.cost_micro_usd from closed c
  )
  select c.id, c.input_tokens, c.output_tokens, c.cost_micro_usd, c.outcome, c.estimated, c.cached_input_tokens
  from closed c;
  get diagnostics found_open = row_count;
  if found_open < jsonb_array_length(settle_requests.ended) then  -- who comes second is told the truth, too
    return query
    select u.id, u.input_tokens, u.output_tokens, u.cost_micro_usd, u.outcome, u.estimated, u.cached_input_tokens
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

create or replace function ledger.uneven_rows(day date)
returns table (finding text, request_id uuid, rows_say bigint, ledger_says bigint)
language sql stable security definer set search_path = ''
begin atomic
  with bounds as (
    select uneven_rows.day::timestamp at time zone 'UTC' as begins,
           (uneven_rows.day + 1)::timestamp at time zone 'UTC' as ends
  ), closed as (
    select u.id, u.workspace_id, u.cost_micro_usd,
           least(ledger.cost_micro_usd(u.input_tokens, u.output_tokens, u.input_price, u.output_price,
                                       u.cached_input_tokens, u.cached_price),
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

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proowner <> 'aniate_money'::regrole
                and proname in ('cost_micro_usd', 'settle_requests') loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
