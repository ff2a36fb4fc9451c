-- Users, workspaces, members and API keys.

create table accounts.users (
  id         uuid primary key,
  email      text not null check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(email) <= 254),
  name       text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now()
);
create unique index users_email on accounts.users (lower(email));

create table aniate.workspaces (
  id         uuid primary key,
  name       text not null check (length(name) between 1 and 200),
  plan       text not null default 'free' check (plan in ('free', 'pro', 'enterprise')),
  created_at timestamptz not null default now()
);

create table aniate.members (
  workspace_id uuid not null references aniate.workspaces on delete cascade,
  user_id      uuid not null references accounts.users on delete cascade,
  role         text not null check (role in ('owner', 'admin', 'member')),
  created_at   timestamptz not null default now(),
  primary key (workspace_id, user_id)
);
create index members_user on aniate.members (user_id, workspace_id);

create table accounts.api_keys (
  id           uuid primary key,
  workspace_id uuid not null,
  user_id      uuid not null,
  name         text not null check (length(name) between 1 and 200),
  prefix       text not null,
  hash         bytea not null unique check (octet_length(hash) = 32),
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz,
  -- Who leaves a workspace loses the keys to it.
  foreign key (workspace_id, user_id) references aniate.members on delete cascade
);
comment on column accounts.api_keys.hash is 'SHA-256 of the key; the key itself is kept nowhere.';
create index api_keys_member on accounts.api_keys (workspace_id, user_id);

alter table accounts.users enable row level security;
alter table accounts.users force row level security;
alter table accounts.api_keys enable row level security;
alter table accounts.api_keys force row level security;
alter table aniate.workspaces enable row level security;
alter table aniate.workspaces force row level security;
alter table aniate.members enable row level security;
alter table aniate.members force row level security;

-- The owners of functions see all rows, and only through their functions.
grant select, insert on accounts.users, aniate.workspaces, aniate.members to aniate_accounts;
grant select, insert, update (revoked_at) on accounts.api_keys to aniate_accounts;
grant select on accounts.api_keys to aniate_money;
create policy all_by_function on accounts.users to aniate_accounts using (true) with check (true);
create policy all_by_function on accounts.api_keys to aniate_accounts using (true) with check (true);
create policy read_by_function on accounts.api_keys for select to aniate_money using (true);
create policy all_by_function on aniate.workspaces to aniate_accounts using (true) with check (true);
create policy all_by_function on aniate.members to aniate_accounts using (true) with check (true);

-- A user sees the own memberships and the workspaces they lead to. The policy on members asks no
-- table, so that the others can ask members without going round in circles.
grant select on aniate.workspaces, aniate.members to authenticated;
create policy own_memberships on aniate.members for select to authenticated
  using (user_id = (select auth.uid()));
create policy workspaces_of_member on aniate.workspaces for select to authenticated
  using (id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())));
