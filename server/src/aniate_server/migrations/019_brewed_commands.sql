-- Brewed commands: what users make of words, a template for a model or a script for a shell. Reached as the user, so
-- that row-level security decides; what is shared by a code is a copy, which one function finds by it.

create table aniate.brewed_commands (
  workspace_id uuid not null references aniate.workspaces on delete cascade,
  name         text not null check (name ~ '^[a-z][a-z0-9_-]{0,31}$'),
  description  text not null check (length(description) between 1 and 200),
  kind         text not null check (kind in ('template', 'script')),
  arguments    jsonb not null check (jsonb_typeof(arguments) = 'array' and length(arguments::text) <= 16384),
  body         text not null check (length(body) between 1 and 16384),
  may          text[] not null check (may <@ array['runs', 'writes', 'network'] and cardinality(may) <= 3),
  version      integer not null default 1 check (version > 0),
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (workspace_id, name)
);
comment on column aniate.brewed_commands.may is 'What its author says that it does: run programs, write files, use the network.';

create table aniate.shared_commands (
  code         text primary key check (code ~ '^cmd_[0-9a-f]{32}$'),
  workspace_id uuid not null,
  name         text not null,
  description  text not null check (length(description) between 1 and 200),
  kind         text not null check (kind in ('template', 'script')),
  arguments    jsonb not null check (jsonb_typeof(arguments) = 'array' and length(arguments::text) <= 16384),
  body         text not null check (length(body) between 1 and 16384),
  may          text[] not null check (may <@ array['runs', 'writes', 'network'] and cardinality(may) <= 3),
  shared_at    timestamptz not null default now(),
  unique (workspace_id, name),
  foreign key (workspace_id, name) references aniate.brewed_commands on delete cascade
);
comment on table aniate.shared_commands is 'Copies that whoever knows the code may take. Gone with the command, or at a word of its owner.';

do $$
declare
  made text;
begin
  foreach made in array array['brewed_commands', 'shared_commands'] loop
    execute format('alter table aniate.%I enable row level security', made);
    execute format('alter table aniate.%I force row level security', made);
    execute format('grant select, insert, update, delete on aniate.%I to authenticated', made);
    execute format('create policy of_members on aniate.%I to authenticated'
      ' using (workspace_id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())))'
      ' with check (workspace_id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())))',
      made);
  end loop;
end $$;

-- How many there may be; counted under a lock, or two at once would both be the last.
create function aniate.bound_commands() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('aniate.brewed_commands ' || new.workspace_id, 0));
  if (select count(*) from aniate.brewed_commands c where c.workspace_id = new.workspace_id) > 200 then
    raise exception 'this workspace has 200 commands already' using errcode = 'AN004';
  end if;
  return null;
end $$;
create trigger at_most_200 after insert on aniate.brewed_commands
  for each row execute function aniate.bound_commands();
revoke execute on function aniate.bound_commands() from public;

-- A name means one thing: an assistant or a command. Looked at under a lock, or two at once would both see no other.
create function aniate.one_meaning() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('aniate names ' || new.workspace_id, 0));
  if tg_table_name = 'assistants'
     and exists (select from aniate.brewed_commands c where c.workspace_id = new.workspace_id and c.name = new.name)
     or tg_table_name = 'brewed_commands'
     and exists (select from aniate.assistants a where a.workspace_id = new.workspace_id and a.name = new.name) then
    raise exception 'the name is taken' using errcode = 'AN006';
  end if;
  return new;
end $$;
create trigger one_meaning before insert or update of workspace_id, name on aniate.assistants
  for each row execute function aniate.one_meaning();
create trigger one_meaning before insert or update of workspace_id, name on aniate.brewed_commands
  for each row execute function aniate.one_meaning();
revoke execute on function aniate.one_meaning() from public;

grant select on aniate.shared_commands to aniate_accounts;
create policy by_function on aniate.shared_commands for select to aniate_accounts using (true);

create function accounts.shared_command(code text)
returns table (name text, description text, kind text, arguments jsonb, body text, may text[])
language sql stable security definer set search_path = ''
begin atomic
  select s.name, s.description, s.kind, s.arguments, s.body, s.may
  from aniate.shared_commands s where s.code = shared_command.code;
end;
comment on function accounts.shared_command is 'The copy that a code stands for, whosever it is.';

grant aniate_accounts to current_user;
grant create on schema accounts to aniate_accounts;
revoke execute on function accounts.shared_command(text) from public;
grant execute on function accounts.shared_command(text) to aniate_server;
alter function accounts.shared_command(text) owner to aniate_accounts;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts from current_user;
