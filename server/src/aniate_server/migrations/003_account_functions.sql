-- The only ways to users, workspaces and keys: each runs with the rights of aniate_accounts, and
-- the serving role alone may call it.

create function accounts.key_owner(hash bytea)
returns table (key_id uuid, key_name text, user_id uuid, email text, workspace_id uuid, workspace text, plan text)
language sql stable security definer set search_path = ''
begin atomic
  select k.id, k.name, u.id, u.email, w.id, w.name, w.plan
  from accounts.api_keys k
  join accounts.users u on u.id = k.user_id
  join aniate.workspaces w on w.id = k.workspace_id
  where k.hash = key_owner.hash and k.revoked_at is null;
end;
comment on function accounts.key_owner is 'Whom a key belongs to; no row if it is unknown or revoked.';

create function accounts.create_user(id uuid, email text, name text) returns void
language sql security definer set search_path = ''
begin atomic
  insert into accounts.users (id, email, name) values (create_user.id, create_user.email, create_user.name);
end;

create function accounts.create_workspace(id uuid, name text, plan text, owner_id uuid) returns void
language sql security definer set search_path = ''
begin atomic
  insert into aniate.workspaces (id, name, plan)
  values (create_workspace.id, create_workspace.name, create_workspace.plan);
  insert into aniate.members (workspace_id, user_id, role)
  values (create_workspace.id, create_workspace.owner_id, 'owner');
end;

create function accounts.add_member(workspace_id uuid, user_id uuid, role text) returns void
language sql security definer set search_path = ''
begin atomic
  insert into aniate.members (workspace_id, user_id, role)
  values (add_member.workspace_id, add_member.user_id, add_member.role);
end;

create function accounts.create_key(id uuid, workspace_id uuid, user_id uuid, name text, prefix text, hash bytea)
returns void
language sql security definer set search_path = ''
begin atomic
  insert into accounts.api_keys (id, workspace_id, user_id, name, prefix, hash)
  values (create_key.id, create_key.workspace_id, create_key.user_id, create_key.name, create_key.prefix,
          create_key.hash);
end;

create function accounts.revoke_key(id uuid) returns boolean
language sql security definer set search_path = ''
begin atomic
  with revoked as (
    update accounts.api_keys k set revoked_at = now()
    where k.id = revoke_key.id and k.revoked_at is null
    returning 1
  )
  select exists (select from revoked);
end;
comment on function accounts.revoke_key is 'False if there is no such key, or it was revoked before.';

create function accounts.list_users()
returns table (id uuid, email text, name text, created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select u.id, u.email, u.name, u.created_at from accounts.users u order by u.id;
end;

create function accounts.list_workspaces()
returns table (id uuid, name text, plan text, owner_id uuid, owner_email text, created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select w.id, w.name, w.plan, u.id, u.email, w.created_at
  from aniate.workspaces w
  left join aniate.members m on m.workspace_id = w.id and m.role = 'owner'
  left join accounts.users u on u.id = m.user_id
  order by w.id;
end;

create function accounts.list_keys()
returns table (id uuid, name text, prefix text, workspace_id uuid, workspace text, user_id uuid, email text,
               created_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
  select k.id, k.name, k.prefix, w.id, w.name, u.id, u.email, k.created_at
  from accounts.api_keys k
  join aniate.workspaces w on w.id = k.workspace_id
  join accounts.users u on u.id = k.user_id
  where k.revoked_at is null
  order by k.id;
end;
comment on function accounts.list_keys is 'The live keys; never a hash.';

-- A new owner must be one that we can become, and must be allowed to create in the schema; both for
-- the moment only.
grant aniate_accounts to current_user;
grant create on schema accounts to aniate_accounts;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc where pronamespace = 'accounts'::regnamespace loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_accounts', made);
  end loop;
end $$;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts from current_user;
