-- Who acts in the database, and in which rooms.
--
-- aniate_server    logs in and serves; may call the functions granted to it and become `authenticated`
-- aniate_accounts  owns the functions that look up and change users, workspaces and keys; never logs in
-- aniate_money     owns the functions that meter and charge; never logs in
--
-- Roles belong to the whole cluster, so another database of it may have made them already.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'aniate_server') then
    create role aniate_server login noinherit nobypassrls;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'aniate_accounts') then
    create role aniate_accounts nologin noinherit nobypassrls;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'aniate_money') then
    create role aniate_money nologin noinherit nobypassrls;
  end if;

  if not pg_has_role('aniate_server', 'authenticated', 'member') then
    grant authenticated to aniate_server;
  end if;
  -- So that a server whose URL logs in as the migrating role can SET ROLE to the serving one.
  if not exists (select from pg_catalog.pg_auth_members
                 where roleid = 'aniate_server'::regrole and member = current_user::regrole
                   and grantor = current_user::regrole) then
    grant aniate_server to current_user;
  end if;
end $$;

-- No statement of the serving role hangs for ever. (The server says the same for itself where it
-- comes in by another login.)
alter role aniate_server set statement_timeout = '10s';

create schema aniate;    -- what belongs to users; never `public`, where PostgREST would offer it
create schema accounts;  -- what is looked up before anyone is logged in
create schema ledger;    -- money
create schema inference; -- the catalogue of models

grant usage on schema aniate to authenticated, aniate_accounts, aniate_money;
grant usage on schema accounts to aniate_server, aniate_accounts, aniate_money;
grant usage on schema ledger to aniate_server, aniate_money;
grant usage on schema inference to aniate_server;

-- Heartbeats, beside the record of migrations that the runner keeps in this schema.
grant usage on schema operations to aniate_money;
create table operations.holders (
  holder  uuid primary key,
  seen_at timestamptz not null
);
comment on table operations.holders is 'When each serving process last said that it lives.';
grant select, insert, update, delete on operations.holders to aniate_money;
