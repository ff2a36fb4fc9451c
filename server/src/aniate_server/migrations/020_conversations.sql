-- Conversations that users chose to keep with their account: a user's own, of whatever workspace, sealed by the server.
-- Reached as the user, so that row-level security decides.

create table aniate.conversations (
  id         uuid not null,
  user_id    uuid not null references accounts.users on delete cascade,
  version    integer not null check (version > 0),
  sequence   bigint not null default 0,
  sealed     bytea check (octet_length(sealed) between 1 and 1048576),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (user_id, id)
);
alter table aniate.conversations alter column sealed set storage external;  -- what is sealed can't be compressed
create unique index conversations_by_change on aniate.conversations (user_id, sequence);
comment on table aniate.conversations is 'A row without `sealed` was deleted: it says so to the other machines.';
comment on column aniate.conversations.sequence is 'Grows with each change of any of the user''s conversations.';

alter table aniate.conversations enable row level security;
alter table aniate.conversations force row level security;
grant select, insert, update, delete on aniate.conversations to authenticated;
create policy of_the_user on aniate.conversations to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

-- Numbers each change, and counts under the same lock, or two at once would both be the last.
create function aniate.number_conversation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  rows_there bigint;
  many       bigint;
  large      bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('aniate.conversations ' || new.user_id, 0));
  select coalesce(max(c.sequence), 0) + 1 into new.sequence from aniate.conversations c where c.user_id = new.user_id;
  if new.sealed is not null then
    select count(*), count(c.sealed), coalesce(sum(octet_length(c.sealed)), 0) into rows_there, many, large
    from aniate.conversations c where c.user_id = new.user_id and c.id <> new.id;
    if rows_there >= 5000 or many >= 1000 or large + octet_length(new.sealed) > 134217728 then
      raise exception 'this account keeps 1000 conversations or 128 MiB already' using errcode = 'AN008';
    end if;
  end if;
  delete from aniate.conversations c
  where c.user_id = new.user_id and c.id <> new.id and c.sealed is null and c.updated_at < now() - interval '90 days';
  return new;
end $$;
create trigger numbered before insert or update on aniate.conversations
  for each row execute function aniate.number_conversation();
revoke execute on function aniate.number_conversation() from public;
