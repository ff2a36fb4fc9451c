-- Settling tells the closed row as it stands, so that whoever comes second (a process that was paused and
-- swept meanwhile) tells the truth, too. An estimate never costs more than what was reserved.
--
-- And all functions that are parsed when they are called: an empty search_path still looks for types in
-- pg_temp first, where whoever may call the function could put one under the name of one that it declares,
-- and act with its owner's rights.

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

alter function ledger.open_request set search_path = pg_catalog, pg_temp;
alter function ledger.sweep set search_path = pg_catalog, pg_temp;

drop function ledger.settle;
create function ledger.settle(request_id uuid, input_tokens bigint, output_tokens bigint, outcome text, estimated boolean)
returns aniate.usage
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  closed aniate.usage;
begin
  update aniate.usage u
  set state = 'closed', input_tokens = settle.input_tokens, output_tokens = settle.output_tokens,
      outcome = settle.outcome, estimated = settle.estimated, closed_at = now(),
      cost_micro_usd = least(
        ledger.cost_micro_usd(settle.input_tokens, settle.output_tokens, u.input_price, u.output_price),
        case when settle.estimated then u.reserved_micro_usd end)
  where u.id = settle.request_id and u.state = 'open'
  returning u.* into closed;
  if found then
    insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
    values (closed.workspace_id, closed.id, 'charge', closed.cost_micro_usd);
    return closed;
  end if;

  select u.* into closed from aniate.usage u where u.id = settle.request_id;
  if not found then
    raise exception 'there is no such request' using errcode = 'AN002';
  end if;
  return closed;
end $$;
comment on function ledger.settle is 'Closes an open request and charges it, once; returns the closed row, also the second time.';
revoke execute on function ledger.settle from public;
grant execute on function ledger.settle to aniate_server;
alter function ledger.settle owner to aniate_money;

revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
