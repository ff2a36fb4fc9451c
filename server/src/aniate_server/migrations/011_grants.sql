-- How `ant` gets its login: codes that the browser carries back (RFC 6749, 7636), and devices that wait for a yes
-- given elsewhere (RFC 8628).

create table accounts.authorizations (
  hash         bytea primary key check (octet_length(hash) = 32),
  user_id      uuid not null references accounts.users on delete cascade,
  client       text not null check (length(client) <= 100),
  redirect_uri text not null check (length(redirect_uri) <= 200),
  challenge    text not null check (length(challenge) = 43),
  device_name  text not null check (length(device_name) <= 200),
  by_session   uuid,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  used_at      timestamptz,
  session_id   uuid
);
comment on column accounts.authorizations.hash is 'SHA-256 of the code; the code itself is kept nowhere.';
comment on column accounts.authorizations.by_session is
  'The browser''s login that allowed it: if that is ended, this is void. Null if the user signed out there afterwards.';
comment on column accounts.authorizations.session_id is 'The login that it became; ended if the code comes again.';
create index authorizations_user on accounts.authorizations (user_id);
create index authorizations_expires on accounts.authorizations (expires_at);

create table accounts.device_grants (
  device_hash    bytea primary key check (octet_length(device_hash) = 32),
  user_code_hash bytea not null unique check (octet_length(user_code_hash) = 32),
  client         text not null check (length(client) <= 100),
  device_name    text not null check (length(device_name) <= 200),
  program        text not null check (length(program) <= 200),
  address        text not null check (length(address) <= 100),
  created_at     timestamptz not null default now(),
  expires_at     timestamptz not null,
  interval_s     integer not null,
  polled_at      timestamptz,
  state          text not null default 'pending' check (state in ('pending', 'allowed', 'denied', 'granted')),
  user_id        uuid references accounts.users on delete cascade,
  by_session     uuid,
  granted_at     timestamptz,
  session_id     uuid,
  constraint decided_by_a_user check ((state = 'pending') = (user_id is null))
);
comment on column accounts.device_grants.user_code_hash is 'A MAC of the few letters that the user types.';
create index device_grants_user on accounts.device_grants (user_id);
create index device_grants_expires on accounts.device_grants (expires_at);

do $$
declare
  made text;
begin
  foreach made in array array['authorizations', 'device_grants'] loop
    execute format('alter table accounts.%I enable row level security', made);
    execute format('alter table accounts.%I force row level security', made);
    execute format('grant select, insert, update, delete on accounts.%I to aniate_accounts', made);
    execute format('create policy all_by_function on accounts.%I to aniate_accounts using (true) with check (true)', made);
  end loop;
end $$;

create function accounts.has_ended(session_id uuid) returns boolean
language sql stable security definer set search_path = ''
begin atomic
  select has_ended.session_id is not null
         and not exists (select from accounts.sessions s
                         where s.id = has_ended.session_id and s.revoked_at is null and s.expires_at > now());
end;

create function accounts.authorize(hash bytea, user_id uuid, client text, redirect_uri text, challenge text,
                                   device_name text, by_session uuid, lifetime interval) returns void
language sql security definer set search_path = ''
begin atomic
  insert into accounts.authorizations (hash, user_id, client, redirect_uri, challenge, device_name, by_session,
                                       expires_at)
  values (authorize.hash, authorize.user_id, authorize.client, authorize.redirect_uri, authorize.challenge,
          authorize.device_name, authorize.by_session, now() + authorize.lifetime);
end;

create function accounts.redeem_code(hash bytea, client text, redirect_uri text, challenge text, session_id uuid,
                                     program text, address text, lifetime interval, longest interval)
returns accounts.rotation
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  held   accounts.authorizations;
  answer accounts.rotation;
begin
  select a.* into held from accounts.authorizations a where a.hash = redeem_code.hash for update;
  if not found then
    answer.outcome := 'unknown';
    return answer;
  end if;
  if held.used_at is not null then
    update accounts.sessions s set revoked_at = clock_timestamp()
    where s.id = held.session_id and s.revoked_at is null and s.expires_at > clock_timestamp();
    answer.outcome := 'replayed';
    answer.user_id := held.user_id;
    return answer;
  end if;
  -- Right or wrong, a code is good for one try.
  update accounts.authorizations a set used_at = clock_timestamp() where a.hash = held.hash;
  if held.expires_at <= clock_timestamp() then
    answer.outcome := 'expired';
  elsif held.client <> redeem_code.client then
    answer.outcome := 'client';
  elsif held.redirect_uri <> redeem_code.redirect_uri then
    answer.outcome := 'redirect';
  elsif held.challenge <> redeem_code.challenge then
    answer.outcome := 'verifier';
  elsif accounts.has_ended(held.by_session) then
    answer.outcome := 'ended';
  else
    select 'granted', l.* into answer
    from accounts.start_session(redeem_code.session_id, held.user_id, null, 'cli', held.device_name,
                                redeem_code.program, redeem_code.address, redeem_code.lifetime,
                                redeem_code.longest, null) l;
    answer.outcome := coalesce(answer.outcome, 'homeless');
    update accounts.authorizations a set session_id = answer.id where a.hash = held.hash;
  end if;
  return answer;
end $$;
comment on function accounts.redeem_code is
  'granted, with the new login; or why not: unknown, replayed (its login is ended), expired, client, redirect, verifier, ended (the login that allowed it), homeless (no workspace).';

create function accounts.open_device(device_hash bytea, user_code_hash bytea, client text, device_name text,
                                     program text, address text, lifetime interval, interval_s integer) returns boolean
language sql security definer set search_path = ''
begin atomic
  with opened as (
    insert into accounts.device_grants (device_hash, user_code_hash, client, device_name, program, address, expires_at,
                                        interval_s)
    values (open_device.device_hash, open_device.user_code_hash, open_device.client, open_device.device_name,
            open_device.program, open_device.address, now() + open_device.lifetime, open_device.interval_s)
    on conflict do nothing
    returning 1
  )
  select exists (select from opened);
end;
comment on function accounts.open_device is 'False if another device waits with the same letters.';

create function accounts.waiting_device(user_code_hash bytea)
returns table (device_name text, program text, address text, created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select d.device_name, d.program, d.address, d.created_at from accounts.device_grants d
  where d.user_code_hash = waiting_device.user_code_hash and d.state = 'pending' and d.expires_at > now();
end;

create function accounts.decide_device(user_code_hash bytea, user_id uuid, allowed boolean, by_session uuid)
returns boolean
language sql security definer set search_path = ''
begin atomic
  with decided as (
    update accounts.device_grants d
    set state = case when decide_device.allowed then 'allowed' else 'denied' end, user_id = decide_device.user_id,
        by_session = decide_device.by_session
    where d.user_code_hash = decide_device.user_code_hash and d.state = 'pending' and d.expires_at > now()
    returning 1
  )
  select exists (select from decided);
end;
comment on function accounts.decide_device is 'False if no device waits with that code any more.';

create function accounts.poll_device(device_hash bytea, client text, session_id uuid, program text, address text,
                                     lifetime interval, longest interval, grace interval)
returns accounts.rotation
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  held   accounts.device_grants;
  answer accounts.rotation;
begin
  select d.* into held from accounts.device_grants d
  where d.device_hash = poll_device.device_hash and d.client = poll_device.client
  for update;
  if not found then
    answer.outcome := 'unknown';
  elsif held.state = 'granted' then
    -- The answer may have been lost: the same login once more, as long as its token was not used.
    select 'repeated', l.* into answer from accounts.live_session(held.session_id) l
    where l.generation = 0 and held.granted_at >= clock_timestamp() - poll_device.grace;
    answer.outcome := coalesce(answer.outcome, 'unknown');
  elsif held.state = 'denied' then
    answer.outcome := 'denied';
  elsif held.expires_at <= clock_timestamp() then
    answer.outcome := 'expired';
  elsif held.polled_at > clock_timestamp() - make_interval(secs => held.interval_s - 0.5) then
    update accounts.device_grants d set polled_at = clock_timestamp(), interval_s = d.interval_s + 5
    where d.device_hash = held.device_hash;
    answer.outcome := 'slow_down';
  elsif held.state = 'pending' then
    update accounts.device_grants d set polled_at = clock_timestamp() where d.device_hash = held.device_hash;
    answer.outcome := 'pending';
  elsif accounts.has_ended(held.by_session) then
    answer.outcome := 'ended';
  else
    select 'granted', l.* into answer
    from accounts.start_session(poll_device.session_id, held.user_id, null, 'cli', held.device_name,
                                poll_device.program, poll_device.address, poll_device.lifetime,
                                poll_device.longest, null) l;
    answer.outcome := coalesce(answer.outcome, 'homeless');
    update accounts.device_grants d
    set state = 'granted', granted_at = clock_timestamp(), session_id = answer.id
    where d.device_hash = held.device_hash;
  end if;
  return answer;
end $$;
comment on function accounts.poll_device is
  'granted, with the new login, or repeated, since its answer may have been lost; or unknown, pending, slow_down (five seconds more between two polls), denied, expired, ended (the login that allowed it), homeless.';

create function accounts.purge_grants() returns void
language sql security definer set search_path = ''
begin atomic
  delete from accounts.authorizations a where a.expires_at < now() - interval '1 day';
  delete from accounts.device_grants d where d.expires_at < now() - interval '1 day';
end;

grant aniate_accounts to current_user;
grant create on schema accounts to aniate_accounts;

-- What ends logins also ends what they allowed and nobody has fetched yet.
create or replace function accounts.end_sessions(user_id uuid, kept uuid) returns integer
language sql security definer set search_path = ''
begin atomic
  delete from accounts.authorizations a
  where a.user_id = end_sessions.user_id and a.used_at is null and a.by_session is distinct from end_sessions.kept;
  update accounts.device_grants d set state = 'denied'
  where d.user_id = end_sessions.user_id and d.state = 'allowed' and d.by_session is distinct from end_sessions.kept;
  with ended as (
    update accounts.sessions s set revoked_at = now()
    where s.user_id = end_sessions.user_id and s.id is distinct from end_sessions.kept and s.revoked_at is null
      and s.expires_at > now()
    returning 1
  )
  select count(*)::integer from ended;
end;

create function accounts.sign_out(id uuid, user_id uuid) returns boolean
language sql security definer set search_path = ''
begin atomic
  update accounts.authorizations a set by_session = null
  where a.user_id = sign_out.user_id and a.by_session = sign_out.id and a.used_at is null;
  update accounts.device_grants d set by_session = null
  where d.user_id = sign_out.user_id and d.by_session = sign_out.id and d.state = 'allowed';
  select accounts.end_session(sign_out.id, sign_out.user_id);
end;
comment on function accounts.sign_out is 'Ends a browser''s login by its user''s own wish: what it allowed before stays allowed.';

drop function accounts.create_own_key;
create function accounts.create_own_key(id uuid, workspace_id uuid, user_id uuid, name text, prefix text, hash bytea,
                                        at_most integer, by_session uuid)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('accounts.api_keys ' || create_own_key.user_id, 0));
  perform from accounts.sessions s
  where s.id = create_own_key.by_session and s.user_id = create_own_key.user_id and s.revoked_at is null
    and s.expires_at > now()
  for share;
  if not found then
    return 'ended';
  end if;
  if (select count(*) from accounts.api_keys k
      where k.user_id = create_own_key.user_id and k.revoked_at is null) >= create_own_key.at_most then
    return 'full';
  end if;
  insert into accounts.api_keys (id, workspace_id, user_id, name, prefix, hash)
  values (create_own_key.id, create_own_key.workspace_id, create_own_key.user_id, create_own_key.name,
          create_own_key.prefix, create_own_key.hash);
  return 'made';
end $$;
comment on function accounts.create_own_key is
  'made; or ended, if the login that asks is over; or full, if the user has so many live keys already.';

drop function accounts.revoke_own_key;
create function accounts.revoke_own_key(id uuid, user_id uuid, workspace_id uuid) returns text
language sql security definer set search_path = ''
begin atomic
  with revoked as (
    update accounts.api_keys k set revoked_at = now()
    where k.id = revoke_own_key.id and k.user_id = revoke_own_key.user_id
      and k.workspace_id = revoke_own_key.workspace_id and k.revoked_at is null
    returning k.name
  )
  select r.name from revoked r;
end;
comment on function accounts.revoke_own_key is 'What the key was called; null if there is no such one.';

do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'accounts'::regnamespace and proowner <> 'aniate_accounts'::regrole loop
    execute format('revoke execute on function %s from public', made);
    if made <> 'accounts.has_ended(uuid)'::regprocedure then
      execute format('grant execute on function %s to aniate_server', made);
    end if;
    execute format('alter function %s owner to aniate_accounts', made);
  end loop;
end $$;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts from current_user;
