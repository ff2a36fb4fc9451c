-- Metering and charging: the only ways to write a usage row or a ledger entry. Each runs with the
-- rights of aniate_money, and the serving role alone may call it.
--
-- Errors of our own: AN001 the key may not be used for that workspace, AN002 there is no such request.

create function ledger.cost_micro_usd(input_tokens bigint, output_tokens bigint, input_price bigint, output_price bigint)
returns bigint
language sql immutable parallel safe
return ceil((input_tokens::numeric * input_price + output_tokens::numeric * output_price) / 1000000)::bigint;
comment on function ledger.cost_micro_usd is 'The only place that computes a cost. Prices: micro-USD per million tokens.';

create function ledger.open_request(
  request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, brew text, model text, provider text,
  upstream_model text, prompt_version text, input_price bigint, output_price bigint,
  input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint, holder uuid
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into aniate.usage (id, workspace_id, user_id, key_id, brew, model, provider, upstream_model, prompt_version,
                            input_price, output_price, reserved_micro_usd, input_tokens_estimate, holder)
  select open_request.request_id, k.workspace_id, k.user_id, k.id, open_request.brew, open_request.model,
         open_request.provider, open_request.upstream_model, open_request.prompt_version,
         open_request.input_price, open_request.output_price,
         ledger.cost_micro_usd(open_request.max_input_tokens, open_request.max_output_tokens,
                               open_request.input_price, open_request.output_price),
         open_request.input_tokens_estimate, open_request.holder
  from accounts.api_keys k
  where k.id = open_request.key_id and k.workspace_id = open_request.workspace_id
    and k.user_id = open_request.user_id and k.revoked_at is null;
  if not found then
    raise exception 'the key may not be used for that workspace' using errcode = 'AN001';
  end if;
end $$;
comment on function ledger.open_request is 'Before the model is asked: reserves the most that the request can cost.';

create function ledger.settle(request_id uuid, input_tokens bigint, output_tokens bigint, outcome text, estimated boolean)
returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  owner uuid;
  cost  bigint;
begin
  update aniate.usage u
  set state = 'closed', input_tokens = settle.input_tokens, output_tokens = settle.output_tokens,
      outcome = settle.outcome, estimated = settle.estimated, closed_at = now(),
      cost_micro_usd = ledger.cost_micro_usd(settle.input_tokens, settle.output_tokens, u.input_price, u.output_price)
  where u.id = settle.request_id and u.state = 'open'
  returning u.workspace_id, u.cost_micro_usd into owner, cost;
  if found then
    insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
    values (owner, settle.request_id, 'charge', cost);
    return cost;
  end if;

  select u.cost_micro_usd into cost from aniate.usage u where u.id = settle.request_id;
  if not found then
    raise exception 'there is no such request' using errcode = 'AN002';
  end if;
  return cost;
end $$;
comment on function ledger.settle is 'Closes an open request and charges it, once; returns what it cost, also the second time.';

create function ledger.heartbeat(holder uuid) returns void
language sql security definer set search_path = ''
begin atomic
  insert into operations.holders as h (holder, seen_at) values (heartbeat.holder, now())
  on conflict (holder) do update set seen_at = excluded.seen_at;
end;

create function ledger.sweep(older_than interval) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  swept integer;
begin
  with abandoned as (
    select u.id
    from aniate.usage u
    where u.state = 'open'
      -- A process may open its first request before its first heartbeat.
      and u.opened_at <= now() - sweep.older_than
      and not exists (select from operations.holders h
                      where h.holder = u.holder and h.seen_at > now() - sweep.older_than)
    for update of u skip locked
  ), closed as (
    -- Nobody knows what was delivered: charged is the question alone, within the reservation.
    update aniate.usage u
    set state = 'closed', input_tokens = u.input_tokens_estimate, output_tokens = 0, outcome = 'abandoned',
        estimated = true, closed_at = now(),
        cost_micro_usd = least(u.reserved_micro_usd, ledger.cost_micro_usd(u.input_tokens_estimate, 0, u.input_price, u.output_price))
    from abandoned a
    where u.id = a.id
    returning u.id, u.workspace_id, u.cost_micro_usd
  )
  insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
  select c.workspace_id, c.id, 'charge', c.cost_micro_usd from closed c;
  get diagnostics swept = row_count;

  delete from operations.holders h
  where h.seen_at < now() - greatest(sweep.older_than, interval '1 day');
  return swept;
end $$;
comment on function ledger.sweep is 'Closes what dead processes left open, once each, as flagged estimates; returns how many.';

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proname <> 'refuse_change' loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
