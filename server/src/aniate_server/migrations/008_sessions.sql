-- Logins: sessions with their rotating refresh tokens, what ended lately, and the keys that tokens are signed with.

create table accounts.sessions (
  id           uuid primary key,
  user_id      uuid not null,
  workspace_id uuid not null,
  kind         text not null check (kind in ('cli', 'web')),
  name         text not null check (length(name) <= 200),
  client       text not null check (length(client) <= 200),
  address      text not null check (length(address) <= 100),
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  lifetime     interval not null,
  expires_at   timestamptz not null,
  ends_at      timestamptz not null,
  revoked_at   timestamptz,
  generation   integer not null default 0 check (generation >= 0),
  rotated_at   timestamptz,
  secret_hash  bytea unique check (octet_length(secret_hash) = 32),
  constraint a_cookie_for_the_web_alone check ((kind = 'web') = (secret_hash is not null)),
  -- Who leaves a workspace loses the logins to it.
  foreign key (workspace_id, user_id) references aniate.members on delete cascade
);
comment on column accounts.sessions.lifetime is 'How long it lives without being used.';
comment on column accounts.sessions.expires_at is 'Moves on with each use, up to ends_at.';
comment on column accounts.sessions.generation is 'Of the refresh token that is good now.';
comment on column accounts.sessions.secret_hash is 'SHA-256 of a browser''s cookie; the cookie itself is kept nowhere.';
create index sessions_member on accounts.sessions (workspace_id, user_id);
create index sessions_user on accounts.sessions (user_id);

create table accounts.revocations (
  session_id uuid primary key,
  revoked_at timestamptz not null default clock_timestamp(),
  -- By its transaction, whoever polls finds a row that was committed late, too.
  written_by xid8 not null default pg_current_xact_id()
);
comment on table accounts.revocations is 'Sessions that ended while a token of theirs may be good; polled by each process.';
create index revocations_written_by on accounts.revocations (written_by);

create table accounts.signing_keys (
  kid        text primary key,
  public     jsonb not null,
  private    bytea not null,
  created_at timestamptz not null default now(),
  signs_from timestamptz not null,
  retired_at timestamptz
);
comment on column accounts.signing_keys.private is 'Sealed with the server''s secret.';
comment on column accounts.signing_keys.signs_from is 'Published before, so that all know it when it signs.';
comment on column accounts.signing_keys.retired_at is 'When the last token that it signed has expired.';

alter table accounts.sessions enable row level security;
alter table accounts.sessions force row level security;
alter table accounts.revocations enable row level security;
alter table accounts.revocations force row level security;
alter table accounts.signing_keys enable row level security;
alter table accounts.signing_keys force row level security;

grant select, insert, update, delete on accounts.sessions to aniate_accounts;
grant select, insert, delete on accounts.revocations to aniate_accounts;
grant select, insert, update (retired_at), delete on accounts.signing_keys to aniate_accounts;
grant select on accounts.sessions to aniate_money;
create policy all_by_function on accounts.sessions to aniate_accounts using (true) with check (true);
create policy read_by_function on accounts.sessions for select to aniate_money using (true);
create policy all_by_function on accounts.revocations to aniate_accounts using (true) with check (true);
create policy all_by_function on accounts.signing_keys to aniate_accounts using (true) with check (true);

-- However a session ends (by a function, or because its user or member is deleted), it is told.
create function accounts.session_ended() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if old.revoked_at is null and old.expires_at > pg_catalog.now()
     and (tg_op = 'DELETE' or new.revoked_at is not null) then
    insert into accounts.revocations (session_id) values (old.id) on conflict do nothing;
  end if;
  return null;
end $$;
create trigger tell_the_end after update of revoked_at or delete on accounts.sessions
  for each row execute function accounts.session_ended();

create type accounts.login as (
  id uuid, user_id uuid, email text, workspace_id uuid, workspace text, plan text, kind text, name text, client text,
  address text, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, generation integer
);
comment on type accounts.login is 'A live session with what its tokens say of its user.';
create type accounts.rotation as (
  outcome text, id uuid, user_id uuid, email text, workspace_id uuid, workspace text, plan text, kind text, name text,
  client text, address text, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz,
  generation integer
);

create function accounts.live_session(id uuid) returns setof accounts.login
language sql stable security definer set search_path = ''
begin atomic
  select s.id, s.user_id, u.email, s.workspace_id, w.name, w.plan, s.kind, s.name, s.client, s.address, s.created_at,
         s.last_seen_at, s.expires_at, s.generation
  from accounts.sessions s
  join accounts.users u on u.id = s.user_id
  join aniate.workspaces w on w.id = s.workspace_id
  where s.id = live_session.id and s.revoked_at is null and s.expires_at > now();
end;
comment on function accounts.live_session is 'The session; no row if it has ended.';

create function accounts.start_session(id uuid, user_id uuid, workspace_id uuid, kind text, name text, client text,
                                       address text, lifetime interval, longest interval, secret_hash bytea)
returns setof accounts.login
language sql security definer set search_path = ''
begin atomic
  insert into accounts.sessions (id, user_id, workspace_id, kind, name, client, address, lifetime, expires_at, ends_at,
                                 secret_hash)
  select start_session.id, m.user_id, m.workspace_id, start_session.kind, start_session.name, start_session.client,
         start_session.address, start_session.lifetime, now() + start_session.lifetime,
         now() + start_session.longest, start_session.secret_hash
  from aniate.members m
  where m.user_id = start_session.user_id
    and case when start_session.workspace_id is null then m.role = 'owner'
             else m.workspace_id = start_session.workspace_id end
  order by m.workspace_id
  limit 1;
  select * from accounts.live_session(start_session.id);
end;
comment on function accounts.start_session is 'A login to that workspace, or to the user''s own first one; no row if there is none.';

create function accounts.rotate_session(id uuid, generation integer, grace interval) returns accounts.rotation
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  held    accounts.sessions;
  decided text;
  answer  accounts.rotation;
begin
  select s.* into held from accounts.sessions s
  where s.id = rotate_session.id and s.kind = 'cli' and s.revoked_at is null and s.expires_at > clock_timestamp()
  for update;
  if not found then
    decided := 'ended';
  -- A newer one than ours was signed by us as well: the database is a copy that came back.
  elsif rotate_session.generation >= held.generation then
    update accounts.sessions s
    set generation = rotate_session.generation + 1, rotated_at = clock_timestamp(), last_seen_at = clock_timestamp(),
        expires_at = least(clock_timestamp() + s.lifetime, s.ends_at)
    where s.id = held.id;
    decided := 'rotated';
  elsif rotate_session.generation = held.generation - 1
        and held.rotated_at >= clock_timestamp() - rotate_session.grace then
    decided := 'repeated';
  else
    update accounts.sessions s set revoked_at = clock_timestamp() where s.id = held.id;
    decided := 'reused';
    answer.user_id := held.user_id;
  end if;
  if decided in ('rotated', 'repeated') then
    select decided, l.* into answer from accounts.live_session(held.id) l;
  end if;
  answer.outcome := decided;
  return answer;
end $$;
comment on function accounts.rotate_session is
  'rotated: the next generation is good now. repeated: its answer was lost, so the same again. reused: the session is revoked. ended: there is none.';

create function accounts.web_session(secret_hash bytea) returns setof accounts.login
language sql security definer set search_path = ''
begin atomic
  update accounts.sessions s
  set last_seen_at = now(), expires_at = least(now() + s.lifetime, s.ends_at)
  where s.secret_hash = web_session.secret_hash and s.revoked_at is null and s.expires_at > now()
    and s.last_seen_at < now() - interval '1 minute';
  select l.* from accounts.sessions s cross join lateral accounts.live_session(s.id) l
  where s.secret_hash = web_session.secret_hash;
end;

create function accounts.list_sessions(user_id uuid) returns setof accounts.login
language sql stable security definer set search_path = ''
begin atomic
  select l.* from accounts.sessions s cross join lateral accounts.live_session(s.id) l
  where s.user_id = list_sessions.user_id
  order by l.last_seen_at desc, l.id desc;
end;

create function accounts.end_session(id uuid, user_id uuid) returns boolean
language sql security definer set search_path = ''
begin atomic
  with ended as (
    update accounts.sessions s set revoked_at = now()
    where s.id = end_session.id and s.user_id = end_session.user_id and s.revoked_at is null and s.expires_at > now()
    returning 1
  )
  select exists (select from ended);
end;

create function accounts.end_sessions(user_id uuid, kept uuid) returns integer
language sql security definer set search_path = ''
begin atomic
  with ended as (
    update accounts.sessions s set revoked_at = now()
    where s.user_id = end_sessions.user_id and s.id is distinct from end_sessions.kept and s.revoked_at is null
      and s.expires_at > now()
    returning 1
  )
  select count(*)::integer from ended;
end;
comment on function accounts.end_sessions is 'Ends all of the user''s sessions but the one that is kept; how many.';

create function accounts.revocations_since(horizon text) returns table (ended uuid[], new_horizon text)
language sql stable security definer set search_path = ''
begin atomic
  select coalesce((select array_agg(r.session_id) from accounts.revocations r
                   where r.written_by >= coalesce(revocations_since.horizon, '0')::xid8), '{}'),
         pg_snapshot_xmin(pg_current_snapshot())::text;
end;
comment on function accounts.revocations_since is
  'What ended by transactions from the horizon on, and the horizon to ask with next: no commit is missed, however late.';

create function accounts.purge_logins(revocations_after interval, sessions_after interval) returns integer
language sql security definer set search_path = ''
begin atomic
  delete from accounts.signing_keys k where k.retired_at < now() - purge_logins.sessions_after;
  delete from accounts.sessions s
  where least(s.revoked_at, s.expires_at) < now() - purge_logins.sessions_after;
  with gone as (
    delete from accounts.revocations r where r.revoked_at < now() - purge_logins.revocations_after returning 1
  )
  select count(*)::integer from gone;
end;
comment on function accounts.purge_logins is 'Forgets what no token can refer to any more; how many revocations.';

create function accounts.signing_keys()
returns table (kid text, public jsonb, private bytea, created_at timestamptz, signs_from timestamptz,
               retired_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select k.kid, k.public, k.private, k.created_at, k.signs_from, k.retired_at
  from accounts.signing_keys k
  where k.retired_at is null or k.retired_at > now()
  order by k.signs_from, k.created_at;
end;

create function accounts.add_signing_key(kid text, public jsonb, private bytea, older_than interval,
                                         published interval, verified interval)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  newest timestamptz;
  starts timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('accounts.signing_keys', 0));
  select max(k.signs_from) into newest from accounts.signing_keys k where k.retired_at is null;
  if newest is null then
    starts := clock_timestamp();
  elsif newest <= clock_timestamp() - add_signing_key.older_than then
    starts := clock_timestamp() + add_signing_key.published;
  else
    return false;
  end if;
  update accounts.signing_keys k set retired_at = starts + add_signing_key.verified where k.retired_at is null;
  insert into accounts.signing_keys (kid, public, private, signs_from)
  values (add_signing_key.kid, add_signing_key.public, add_signing_key.private, starts);
  return true;
end $$;
comment on function accounts.add_signing_key is
  'The first key, or one after a key that signs for longer than older_than (null: the first one only); false if none is due.';

create function accounts.create_account(id uuid, email text, name text, workspace_id uuid) returns void
language sql security definer set search_path = ''
begin atomic
  insert into accounts.users (id, email, name) values (create_account.id, create_account.email, create_account.name);
  insert into aniate.workspaces (id, name) values (create_account.workspace_id, create_account.name);
  insert into aniate.members (workspace_id, user_id, role)
  values (create_account.workspace_id, create_account.id, 'owner');
end;
comment on function accounts.create_account is 'A user with a workspace of the same name, both or neither.';

create function accounts.membership(user_id uuid, workspace_id uuid)
returns table (email text, workspace text, plan text)
language sql stable security definer set search_path = ''
begin atomic
  select u.email, w.name, w.plan
  from aniate.members m
  join accounts.users u on u.id = m.user_id
  join aniate.workspaces w on w.id = m.workspace_id
  where m.user_id = membership.user_id and m.workspace_id = membership.workspace_id;
end;

create function accounts.list_own_keys(user_id uuid, workspace_id uuid)
returns table (id uuid, name text, prefix text, created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select k.id, k.name, k.prefix, k.created_at from accounts.api_keys k
  where k.user_id = list_own_keys.user_id and k.workspace_id = list_own_keys.workspace_id and k.revoked_at is null
  order by k.id;
end;

create function accounts.create_own_key(id uuid, workspace_id uuid, user_id uuid, name text, prefix text, hash bytea,
                                        at_most integer)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('accounts.api_keys ' || create_own_key.user_id, 0));
  if (select count(*) from accounts.api_keys k
      where k.user_id = create_own_key.user_id and k.revoked_at is null) >= create_own_key.at_most then
    return false;
  end if;
  insert into accounts.api_keys (id, workspace_id, user_id, name, prefix, hash)
  values (create_own_key.id, create_own_key.workspace_id, create_own_key.user_id, create_own_key.name,
          create_own_key.prefix, create_own_key.hash);
  return true;
end $$;
comment on function accounts.create_own_key is 'False if the user has so many live keys already.';

create function accounts.revoke_own_key(id uuid, user_id uuid, workspace_id uuid) returns boolean
language sql security definer set search_path = ''
begin atomic
  with revoked as (
    update accounts.api_keys k set revoked_at = now()
    where k.id = revoke_own_key.id and k.user_id = revoke_own_key.user_id
      and k.workspace_id = revoke_own_key.workspace_id and k.revoked_at is null
    returning 1
  )
  select exists (select from revoked);
end;

-- A new owner must be one that we can become, and must be allowed to create in the schema; both for
-- the moment only.
grant aniate_accounts, aniate_money to current_user;
grant create on schema accounts to aniate_accounts;
grant create on schema ledger to aniate_money;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'accounts'::regnamespace and proowner <> 'aniate_accounts'::regrole loop
    execute format('revoke execute on function %s from public', made);
    if made <> 'accounts.session_ended()'::regprocedure then
      execute format('grant execute on function %s to aniate_server', made);
    end if;
    execute format('alter function %s owner to aniate_accounts', made);
  end loop;
end $$;

-- A request is made with a key or in a session.
alter table aniate.usage alter column key_id drop not null, add column session_id uuid;
alter table aniate.usage add constraint by_a_key_or_in_a_session check (num_nonnulls(key_id, session_id) = 1);
grant select (session_id) on aniate.usage to authenticated;

drop function ledger.open_request;
create function ledger.open_request(
  request_id uuid, workspace_id uuid, user_id uuid, key_id uuid, brew text, model text, provider text,
  upstream_model text, prompt_version text, input_price bigint, output_price bigint,
  input_tokens_estimate bigint, max_input_tokens bigint, max_output_tokens bigint, holder uuid,
  session_id uuid default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into aniate.usage (id, workspace_id, user_id, key_id, session_id, brew, model, provider, upstream_model,
                            prompt_version, input_price, output_price, reserved_micro_usd, input_tokens_estimate,
                            holder)
  select open_request.request_id, proof.workspace_id, proof.user_id, proof.key_id, proof.session_id,
         open_request.brew, open_request.model, open_request.provider, open_request.upstream_model,
         open_request.prompt_version, open_request.input_price, open_request.output_price,
         ledger.cost_micro_usd(open_request.max_input_tokens, open_request.max_output_tokens,
                               open_request.input_price, open_request.output_price),
         open_request.input_tokens_estimate, open_request.holder
  from (
    select k.workspace_id, k.user_id, k.id as key_id, null::uuid as session_id
    from accounts.api_keys k
    where k.id = open_request.key_id and open_request.session_id is null and k.revoked_at is null
    union all
    select s.workspace_id, s.user_id, null, s.id
    from accounts.sessions s
    where s.id = open_request.session_id and open_request.key_id is null and s.revoked_at is null
      and s.expires_at > now()
  ) proof
  where proof.workspace_id = open_request.workspace_id and proof.user_id = open_request.user_id;
  if not found then
    raise exception 'the key or the session may not be used for that workspace' using errcode = 'AN001';
  end if;
end $$;
comment on function ledger.open_request is 'Before the model is asked: reserves the most that the request can cost.';
revoke execute on function ledger.open_request from public;
grant execute on function ledger.open_request to aniate_server;
alter function ledger.open_request owner to aniate_money;

revoke create on schema ledger from aniate_money;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts, aniate_money from current_user;
