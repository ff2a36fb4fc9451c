-- Members see how much of what they used came from a cache; and what meters say is spent is compared with the rows, too.

grant select (cached_input_tokens) on aniate.usage to authenticated;

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;

create function ledger.workspaces_after(after uuid, most integer) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
  select w.id from aniate.workspaces w where w.id > workspaces_after.after order by w.id limit workspaces_after.most;
end;
comment on function ledger.workspaces_after is 'The next so many, for what looks at all of them in parts.';

create function ledger.uneven_spent(workspaces uuid[])
returns table (workspace_id uuid, scope text, id uuid, measure text, meter_says bigint, rows_say bigint)
language sql stable security definer set search_path = ''
begin atomic
  with months as (
    select date_trunc('month', now(), 'UTC') as this,
           (date_trunc('month', now(), 'UTC') at time zone 'UTC' - interval '1 month') at time zone 'UTC' as last
  ), meters as (
    select m.workspace_id, m.scope, m.id, m.month, m.spent_micro_usd
    from limits.meters m where m.workspace_id = any (uneven_spent.workspaces)
  ), closed as (
    -- Who closes a row at the end of a month may charge it a moment later, when the next one has begun: it may be in both.
    select u.workspace_id, u.user_id, u.key_id,
           sum(u.cost_micro_usd) filter (where u.closed_at >= n.this) as in_this,
           sum(u.cost_micro_usd) filter (where u.closed_at < n.this
                                           and u.closed_at >= n.this - interval '1 minute') as before_this,
           sum(u.cost_micro_usd) filter (where u.closed_at >= n.last) as in_last,
           sum(u.cost_micro_usd) filter (where u.closed_at < n.last) as before_last
    from months n
    cross join unnest(uneven_spent.workspaces) w (id)
    cross join lateral (
      select coalesce(min(m.month) filter (where m.month >= n.last), n.this) as since
      from meters m where m.workspace_id = w.id
    ) s
    join aniate.usage u
      on u.workspace_id = w.id and u.state = 'closed' and u.metered_minute is not null
         and u.closed_at >= s.since - interval '1 minute'
         -- For the index. What is open for a day is found as such; nothing is for a month.
         and u.opened_at >= s.since - interval '31 days'
    group by u.workspace_id, u.user_id, u.key_id
  ), spent as (
    select c.workspace_id, s.scope, s.id, coalesce(sum(c.in_this), 0) as in_this,
           coalesce(sum(c.before_this), 0) as before_this, coalesce(sum(c.in_last), 0) as in_last,
           coalesce(sum(c.before_last), 0) as before_last
    from closed c
    cross join lateral (values ('workspace', c.workspace_id), ('user', c.user_id), ('key', c.key_id)) s(scope, id)
    where s.id is not null
    group by c.workspace_id, s.scope, s.id
  ), compared as (
    select workspace_id, scope, id, coalesce(m.spent_micro_usd, 0) as meter_says,
           coalesce(case when coalesce(m.month, n.this) = n.this then s.in_this else s.in_last end, 0) as rows_say,
           coalesce(case when coalesce(m.month, n.this) = n.this then s.before_this else s.before_last end, 0) as more
    from meters m
    full join spent s using (workspace_id, scope, id)
    cross join months n
    where coalesce(m.month, n.this) in (n.this, n.last)
  )
  select workspace_id, scope, id, 'spent_micro_usd', meter_says,
         case when meter_says > rows_say then rows_say + more else rows_say end::bigint
  from compared
  where meter_says not between rows_say and rows_say + more;
end;
comment on function ledger.uneven_spent is
  'Meters of these workspaces that say other than what the rows cost that were closed in their month, this one or the last.
Older ones count for nothing: what they say is over.';

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'ledger'::regnamespace and proname in ('workspaces_after', 'uneven_spent') loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_money', made);
  end loop;
end $$;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
