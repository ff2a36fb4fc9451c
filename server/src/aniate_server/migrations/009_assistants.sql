-- Assistants: what users brew. Reached as the user, so that row-level security decides.

create table aniate.assistants (
  workspace_id uuid not null references aniate.workspaces on delete cascade,
  name         text not null check (name ~ '^[a-z][a-z0-9_-]{0,31}$'),
  prompt       text not null check (length(prompt) between 1 and 32768),
  model        text not null check (length(model) between 1 and 100),
  summary      text not null check (length(summary) <= 200),
  version      integer not null default 1 check (version > 0),
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (workspace_id, name)
);

alter table aniate.assistants enable row level security;
alter table aniate.assistants force row level security;
grant select, insert, update, delete on aniate.assistants to authenticated;
create policy of_members on aniate.assistants to authenticated
  using (workspace_id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())))
  with check (workspace_id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())));

-- How many there may be; counted under a lock, or two at once would both be the last.
create function aniate.bound_assistants() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('aniate.assistants ' || new.workspace_id, 0));
  if (select count(*) from aniate.assistants a where a.workspace_id = new.workspace_id) > 200 then
    raise exception 'this workspace has 200 assistants already' using errcode = 'AN004';
  end if;
  return null;
end $$;
create trigger at_most_200 after insert on aniate.assistants
  for each row execute function aniate.bound_assistants();
revoke execute on function aniate.bound_assistants() from public;
