-- What billing is told must be what the ledger charged: by workspace and hour, to the micro-USD and the request.

create function ledger.uneven_outbox(day date)
returns table (workspace_id uuid, hour timestamptz, outbox_requests bigint, ledger_requests bigint,
               outbox_says bigint, ledger_says bigint)
language sql stable security definer set search_path = ''
begin atomic
  with bounds as (
    select uneven_outbox.day::timestamp at time zone 'UTC' as begins,
           (uneven_outbox.day + 1)::timestamp at time zone 'UTC' as ends
  ), charged as (
    select e.workspace_id, date_trunc('hour', e.created_at, 'UTC') as hour, count(*) as requests,
           sum(e.amount_micro_usd)::bigint as amount
    from bounds b
    join ledger.entries e on e.created_at >= b.begins and e.created_at < b.ends
    group by 1, 2
  ), told as (
    select o.workspace_id, o.hour, o.requests, o.amount_micro_usd
    from bounds b
    join ledger.billing_outbox o on o.hour >= b.begins and o.hour < b.ends
  )
  select workspace_id, hour, coalesce(t.requests, 0), coalesce(c.requests, 0), coalesce(t.amount_micro_usd, 0),
         coalesce(c.amount, 0)
  from told t
  full join charged c using (workspace_id, hour)
  where (t.requests, t.amount_micro_usd) is distinct from (c.requests, c.amount)
  order by hour, workspace_id;
end;
comment on function ledger.uneven_outbox is 'Hours of a day of which the outbox tells other than what the ledger charged.';

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;
revoke execute on function ledger.uneven_outbox from public;
grant execute on function ledger.uneven_outbox to aniate_server;
alter function ledger.uneven_outbox owner to aniate_money;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
