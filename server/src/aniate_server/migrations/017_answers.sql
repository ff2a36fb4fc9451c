-- Answers that were given before: each for its user alone, sealed with the server's secret, for a day.

create table inference.answers (
  key        bytea primary key check (octet_length(key) = 32),
  user_id    uuid not null references accounts.users on delete cascade,
  sealed     bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
alter table inference.answers alter column sealed set storage external;  -- what is sealed can't be compressed
comment on column inference.answers.key is 'A MAC over the user, the workspace, the model and all that was asked.';
create index answers_of_user on inference.answers (user_id, created_at);

alter table inference.answers enable row level security;
alter table inference.answers force row level security;
grant usage on schema inference to aniate_accounts;
grant select, insert, update, delete on inference.answers to aniate_accounts;
create policy all_by_function on inference.answers to aniate_accounts using (true) with check (true);

create function inference.find_answer(key bytea, user_id uuid) returns bytea
language sql stable security definer set search_path = ''
begin atomic
  select a.sealed from inference.answers a
  where a.key = find_answer.key and a.user_id = find_answer.user_id and a.expires_at > now();
end;

create function inference.keep_answer(key bytea, user_id uuid, sealed bytea, lifetime interval, at_most integer)
returns void
language sql security definer set search_path = ''
begin atomic
  insert into inference.answers as a (key, user_id, sealed, created_at, expires_at)
  select keep_answer.key, u.id, keep_answer.sealed, now(), now() + keep_answer.lifetime
  from accounts.users u where u.id = keep_answer.user_id
  on conflict (key) do update
  set sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at
  where a.user_id = excluded.user_id;
  delete from inference.answers a
  where a.key in (select o.key from inference.answers o
                  where o.key in (select m.key from inference.answers m where m.user_id = keep_answer.user_id
                                  order by m.created_at desc, m.key offset keep_answer.at_most)
                  for update skip locked);
end;
comment on function inference.keep_answer is 'Of a user''s answers so many are kept, the newest; of a user who is gone, none.';

create function inference.purge_answers(at_most_bytes bigint) returns bigint
language sql security definer set search_path = ''
begin atomic
  with sizes as (
    select a.key, sum(octet_length(a.sealed)) over (order by a.created_at desc, a.key) as so_far
    from inference.answers a where a.expires_at > now()
  ), gone as (
    delete from inference.answers a
    where a.key in (select o.key from inference.answers o
                    where o.expires_at <= now()
                       or o.key in (select s.key from sizes s where s.so_far > purge_answers.at_most_bytes)
                    for update skip locked)
    returning 1
  )
  select count(*) from gone;
end;
comment on function inference.purge_answers is 'Forgets what is too old, and of the rest the oldest beyond so many bytes.';

grant aniate_accounts to current_user;
grant create on schema inference to aniate_accounts;
do $$
declare
  made regprocedure;
begin
  for made in select oid from pg_catalog.pg_proc
              where pronamespace = 'inference'::regnamespace and proowner <> 'aniate_accounts'::regrole loop
    execute format('revoke execute on function %s from public', made);
    execute format('grant execute on function %s to aniate_server', made);
    execute format('alter function %s owner to aniate_accounts', made);
  end loop;
end $$;
revoke create on schema inference from aniate_accounts;
revoke aniate_accounts from current_user;
