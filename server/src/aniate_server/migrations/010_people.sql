-- How people come in: passwords, the codes that are mailed, mail that is to be sent, attempts that are counted,
-- and what happened to each account.

alter table accounts.users add column password_hash text, add column email_verified_at timestamptz;
comment on column accounts.users.password_hash is 'Argon2id, in the PHC string format; null until a password was chosen.';

create table accounts.mail_codes (
  id         uuid primary key,
  purpose    text not null check (purpose in ('verify', 'reset')),
  hash       bytea not null unique check (octet_length(hash) = 32),
  email      text not null check (length(email) <= 254),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz
);
comment on table accounts.mail_codes is
  'Who opens the link has the e-mail address. No user exists before that, so nobody can take an address in advance.';
comment on column accounts.mail_codes.hash is 'SHA-256 of the code; the code is made from id and a secret when the mail is written.';
create index mail_codes_email on accounts.mail_codes (email, purpose);

create table accounts.mails (
  id         uuid primary key,
  kind       text not null check (kind in ('verify', 'reset', 'changed', 'deleted')),
  email      text not null check (length(email) <= 254),
  code_id    uuid,
  web        text not null check (length(web) <= 200),
  created_at timestamptz not null default now(),
  attempts   integer not null default 0,
  next_at    timestamptz not null default now()
);
comment on table accounts.mails is 'To be sent; a row goes when it was, or after a day.';
comment on column accounts.mails.web is 'Where the pages are that its links lead to.';
create index mails_next on accounts.mails (next_at);

create table accounts.attempts (
  bucket     bytea primary key,
  count      integer not null,
  expires_at timestamptz not null
);
comment on column accounts.attempts.bucket is 'A MAC of what is counted: an e-mail and an address, known or not.';
create index attempts_expires on accounts.attempts (expires_at);

create table accounts.audit_events (
  id      uuid primary key,
  user_id uuid not null references accounts.users on delete cascade,
  event   text not null check (length(event) <= 50),
  address text not null check (length(address) <= 100),
  detail  text not null check (length(detail) <= 200),
  at      timestamptz not null default now()
);
create index audit_events_user on accounts.audit_events (user_id, at);

do $$
declare
  made text;
begin
  foreach made in array array['mail_codes', 'mails', 'attempts', 'audit_events'] loop
    execute format('alter table accounts.%I enable row level security', made);
    execute format('alter table accounts.%I force row level security', made);
    execute format('grant select, insert, update, delete on accounts.%I to aniate_accounts', made);
    execute format('create policy all_by_function on accounts.%I to aniate_accounts using (true) with check (true)', made);
  end loop;
end $$;
grant update (password_hash, email_verified_at), delete on accounts.users to aniate_accounts;
grant update (name), delete on aniate.workspaces to aniate_accounts;
grant select, delete on aniate.assistants to aniate_accounts;
create policy all_by_function on aniate.assistants to aniate_accounts using (true) with check (true);

create function accounts.ask_code(purpose text, code_id uuid, hash bytea, email text, lifetime interval, mail_id uuid,
                                  web text)
returns void
language sql security definer set search_path = ''
begin atomic
  update accounts.mail_codes c set used_at = now()
  where c.email = ask_code.email and c.purpose = ask_code.purpose and c.purpose = 'reset' and c.used_at is null;
  insert into accounts.mail_codes (id, purpose, hash, email, expires_at)
  values (ask_code.code_id, ask_code.purpose, ask_code.hash, ask_code.email, now() + ask_code.lifetime);
  insert into accounts.mails (id, kind, email, code_id, web)
  values (ask_code.mail_id, ask_code.purpose, ask_code.email, ask_code.code_id, ask_code.web);
end;
comment on function accounts.ask_code is
  'A code by mail; one to reset a password voids the earlier ones. Whether anybody has the e-mail is not looked at before the mail is sent, so the time that this takes does not tell it.';

create function accounts.pending_code(hash bytea, purpose text) returns table (email text)
language sql stable security definer set search_path = ''
begin atomic
  select c.email from accounts.mail_codes c
  where c.hash = pending_code.hash and c.purpose = pending_code.purpose and c.used_at is null and c.expires_at > now();
end;
comment on function accounts.pending_code is 'The e-mail that the code is good for; no row if it is unknown, used or expired.';

create function accounts.confirm_sign_up(hash bytea, user_id uuid, name text, password_hash text, workspace_id uuid)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  code accounts.mail_codes;
begin
  update accounts.mail_codes c set used_at = now()
  where c.hash = confirm_sign_up.hash and c.purpose = 'verify' and c.used_at is null and c.expires_at > now()
  returning c.* into code;
  if not found then
    return null;
  end if;
  insert into accounts.users (id, email, name, password_hash, email_verified_at)
  values (confirm_sign_up.user_id, code.email, confirm_sign_up.name, confirm_sign_up.password_hash, now())
  on conflict do nothing;
  if not found then
    return null;
  end if;
  insert into aniate.workspaces (id, name) values (confirm_sign_up.workspace_id, confirm_sign_up.name);
  insert into aniate.members (workspace_id, user_id, role)
  values (confirm_sign_up.workspace_id, confirm_sign_up.user_id, 'owner');
  update accounts.mail_codes c set used_at = now()
  where c.email = code.email and c.purpose = 'verify' and c.used_at is null;
  return confirm_sign_up.user_id;
end $$;
comment on function accounts.confirm_sign_up is
  'The new user, with a workspace; null if the code is unknown, used or expired, or the e-mail was taken meanwhile.';

create function accounts.put_password(user_id uuid, password_hash text, kept uuid, mail_id uuid, web text) returns void
language sql security definer set search_path = ''
begin atomic
  update accounts.users u
  set password_hash = put_password.password_hash, email_verified_at = coalesce(u.email_verified_at, now())
  where u.id = put_password.user_id;
  insert into accounts.mails (id, kind, email, web)
  select put_password.mail_id, 'changed', u.email, put_password.web from accounts.users u
  where u.id = put_password.user_id;
  select accounts.end_sessions(put_password.user_id, put_password.kept);
end;
comment on function accounts.put_password is 'Ends all logins but the one that is kept, and tells the user by mail.';

create function accounts.change_password(user_id uuid, verified text, password_hash text, kept uuid, mail_id uuid,
                                         web text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform from accounts.users u
  where u.id = change_password.user_id and u.password_hash = change_password.verified
    and exists (select from accounts.sessions s
                where s.id = change_password.kept and s.user_id = u.id and s.revoked_at is null and s.expires_at > now())
  for update of u;
  if not found then
    return false;
  end if;
  perform accounts.put_password(change_password.user_id, change_password.password_hash, change_password.kept,
                                change_password.mail_id, change_password.web);
  return true;
end $$;
comment on function accounts.change_password is
  'False if the password is not the one that was verified any more, or the login that asks has ended: a reset came first.';

create function accounts.reset_password(hash bytea, password_hash text, mail_id uuid, web text)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  owner uuid;
begin
  select u.id into owner
  from accounts.mail_codes c join accounts.users u on lower(u.email) = c.email
  where c.hash = reset_password.hash and c.purpose = 'reset' and c.used_at is null and c.expires_at > now()
  for update;
  if owner is not null then
    update accounts.mail_codes c set used_at = now()
    where c.email = (select lower(u.email) from accounts.users u where u.id = owner) and c.used_at is null;
    perform accounts.put_password(owner, reset_password.password_hash, null, reset_password.mail_id,
                                  reset_password.web);
  end if;
  return owner;
end $$;
comment on function accounts.reset_password is 'Whose password it is; null if the code is unknown, used or expired.';

create function accounts.sign_in(id uuid, user_id uuid, verified text, name text, client text, address text,
                                 lifetime interval, longest interval, secret_hash bytea)
returns setof accounts.login
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform from accounts.users u
  where u.id = sign_in.user_id and u.password_hash = sign_in.verified
  for share;
  if found then
    return query select * from accounts.start_session(sign_in.id, sign_in.user_id, null, 'web', sign_in.name,
                                                      sign_in.client, sign_in.address, sign_in.lifetime,
                                                      sign_in.longest, sign_in.secret_hash);
  end if;
end $$;
comment on function accounts.sign_in is 'A browser''s login by password; no row if the password was changed since it was verified.';

-- A user has so many live logins at the most; the one that was used least lately makes room.
create function accounts.bound_sessions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update accounts.sessions s set revoked_at = now()
  where s.id in (select o.id from accounts.sessions o
                 where o.user_id = new.user_id and o.revoked_at is null and o.expires_at > now()
                 order by o.id <> new.id, o.last_seen_at desc, o.id desc offset 100);
  return null;
end $$;
create trigger at_most_100 after insert on accounts.sessions
  for each row execute function accounts.bound_sessions();

create function accounts.credentials(email text) returns table (user_id uuid, password_hash text)
language sql stable security definer set search_path = ''
begin atomic
  select u.id, u.password_hash from accounts.users u where lower(u.email) = credentials.email;
end;

create function accounts.profile(user_id uuid)
returns table (email text, name text, created_at timestamptz, email_verified_at timestamptz, password_hash text)
language sql stable security definer set search_path = ''
begin atomic
  select u.email, u.name, u.created_at, u.email_verified_at, u.password_hash from accounts.users u
  where u.id = profile.user_id;
end;

create function accounts.attempt(buckets bytea[], limits integer[], windows interval[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  counted accounts.attempts;
  wait_s  integer := 0;
begin
  for i in 1 .. array_length(buckets, 1) loop
    insert into accounts.attempts as a (bucket, count, expires_at) values (buckets[i], 1, now() + windows[i])
    on conflict (bucket) do update
    set count = case when a.expires_at <= now() then 1 else least(a.count + 1, limits[i] + 1) end,
        expires_at = case when a.expires_at <= now() then excluded.expires_at else a.expires_at end
    returning a.* into counted;
    if counted.count > limits[i] then
      wait_s := greatest(1, ceil(extract(epoch from counted.expires_at - now())))::integer;
      exit;
    end if;
  end loop;
  return wait_s;
end $$;
comment on function accounts.attempt is
  'Counts one attempt in each bucket up to the first that is full: seconds until that one is emptied, or 0. In the same order everywhere, or two would wait for each other.';

create function accounts.forgive(buckets bytea[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  for i in 1 .. array_length(buckets, 1) loop
    update accounts.attempts a set count = greatest(0, a.count - 1) where a.bucket = buckets[i];
  end loop;
end $$;
comment on function accounts.forgive is 'In the order of accounts.attempt.';

create function accounts.due_mails(at_most integer)
returns table (id uuid, kind text, email text, code_id uuid, web text)
language sql security definer set search_path = ''
begin atomic
  delete from accounts.mails m
  where m.created_at < now() - interval '1 day'
     or (m.kind = 'reset' and m.next_at <= now()
         and not exists (select from accounts.users u where lower(u.email) = m.email));
  update accounts.mails m
  set attempts = m.attempts + 1, next_at = now() + least(interval '1 hour', interval '10 seconds' * 2 ^ m.attempts) * (1 + random() / 4)
  where m.id in (select d.id from accounts.mails d where d.next_at <= now() order by d.next_at
                 limit due_mails.at_most for update skip locked)
  returning m.id,
            case when m.kind = 'verify' and exists (select from accounts.users u where lower(u.email) = m.email)
                 then 'known' else m.kind end,
            m.email, m.code_id, m.web;
end;
comment on function accounts.due_mails is
  'What is to be sent now; each comes again, later and later, until mail_sent. Who has an account and asks for one is told so (known); nobody''s password is not reset.';

create function accounts.mail_sent(id uuid) returns void
language sql security definer set search_path = ''
begin atomic
  delete from accounts.mails m where m.id = mail_sent.id;
end;

create function accounts.audit(id uuid, user_id uuid, event text, address text, detail text) returns void
language sql security definer set search_path = ''
begin atomic
  insert into accounts.audit_events (id, user_id, event, address, detail)
  select audit.id, u.id, audit.event, audit.address, audit.detail from accounts.users u where u.id = audit.user_id;
end;

create function accounts.audit_log(user_id uuid, at_most integer)
returns table (at timestamptz, event text, address text, detail text)
language sql stable security definer set search_path = ''
begin atomic
  select e.at, e.event, e.address, e.detail from accounts.audit_events e
  where e.user_id = audit_log.user_id order by e.at desc, e.id desc limit audit_log.at_most;
end;

create function accounts.workspaces_of(user_id uuid)
returns table (id uuid, name text, plan text, role text, created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select w.id, w.name, w.plan, m.role, w.created_at
  from aniate.members m join aniate.workspaces w on w.id = m.workspace_id
  where m.user_id = workspaces_of.user_id order by w.id;
end;

create function accounts.delete_account(user_id uuid, mail_id uuid, web text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  owned uuid;
begin
  insert into accounts.mails (id, kind, email, web)
  select delete_account.mail_id, 'deleted', u.email, delete_account.web from accounts.users u where u.id = delete_account.user_id;
  for owned in select m.workspace_id from aniate.members m
               where m.user_id = delete_account.user_id and m.role = 'owner'
                 and not exists (select from aniate.members o
                                 where o.workspace_id = m.workspace_id and o.user_id <> m.user_id) loop
    begin
      delete from aniate.workspaces w where w.id = owned;
    exception when foreign_key_violation or restrict_violation then  -- money was moved in it, and the books stay
      update aniate.workspaces w set name = 'deleted' where w.id = owned;
      delete from aniate.assistants a where a.workspace_id = owned;
    end;
  end loop;
  delete from accounts.mail_codes c
  using accounts.users u where u.id = delete_account.user_id and c.email = lower(u.email);
  delete from accounts.users u where u.id = delete_account.user_id;
end $$;
comment on function accounts.delete_account is 'The user, and every workspace of theirs alone; one with entries in the ledger is emptied.';

create function accounts.purge_people() returns void
language sql security definer set search_path = ''
begin atomic
  delete from accounts.attempts a
  where a.bucket in (select o.bucket from accounts.attempts o where o.expires_at < now() for update skip locked);
  delete from accounts.mail_codes c where c.expires_at < now() - interval '1 day';
  delete from accounts.audit_events e where e.at < now() - interval '1 year';
end;

grant aniate_accounts to current_user;
grant create on schema accounts to aniate_accounts;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'accounts'::regnamespace and proowner <> 'aniate_accounts'::regrole loop
    execute format('revoke execute on function %s from public', made);
    if made::text !~ '^accounts\.(put_password|bound_sessions)\(' then
      execute format('grant execute on function %s to aniate_server', made);
    end if;
    execute format('alter function %s owner to aniate_accounts', made);
  end loop;
end $$;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts from current_user;
