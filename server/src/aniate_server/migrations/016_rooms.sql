-- Room: what an upstream still takes of us, shared by all processes that ask it.
--
-- Each measure of a model is a bucket that fills evenly, as the upstream's headers tell. A process takes from it under
-- the row's lock before it asks, and gives back what was too much. It is no book: a row may be lost without harm.

grant usage on schema inference to aniate_money;
create table inference.rooms (
  provider       text not null check (length(provider) between 1 and 100),
  upstream_model text not null check (length(upstream_model) between 1 and 200),
  measure        text not null check (measure in ('requests', 'tokens')),
  allowed        double precision not null check (allowed between 1 and 1e12),
  remaining      double precision not null check (remaining between -1e12 and 1e12),
  per_s          double precision not null check (per_s > 0 and per_s <= 1e14),
  filled_at      timestamptz not null,
  closed_until   timestamptz not null,
  primary key (provider, upstream_model, measure)
) with (fillfactor = 50);
comment on table inference.rooms is 'What each upstream still takes of all processes together.';
comment on column inference.rooms.remaining is 'At filled_at; it grows by per_s a second, up to allowed.';
comment on column inference.rooms.closed_until is 'After a refusal nothing goes before.';
alter table inference.rooms enable row level security;
alter table inference.rooms force row level security;
grant select, insert, update, delete on inference.rooms to aniate_money;
create policy all_by_function on inference.rooms to aniate_money using (true) with check (true);

create function ledger.filled(room inference.rooms, moment timestamptz) returns inference.rooms
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  room.remaining := least(room.allowed,
                          room.remaining + room.per_s * greatest(0, extract(epoch from moment - room.filled_at)));
  room.filled_at := greatest(room.filled_at, moment);
  return room;
end $$;
comment on function ledger.filled is 'The room as it stands at that moment.';

create function ledger.take_room(provider text, upstream_model text, tokens double precision, requests integer,
                                 returned double precision,
                                 out wait_s double precision, out tokens_left double precision)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  room  inference.rooms;
  rooms inference.rooms[] := '{}';
  more  double precision;
begin
  wait_s := 0;
  for room in select r.* from inference.rooms r
              where r.provider = take_room.provider and r.upstream_model = take_room.upstream_model
              order by r.measure
              for update loop
    room := ledger.filled(room, clock_timestamp());
    if room.measure = 'tokens' then
      room.remaining := greatest(-room.allowed, least(room.allowed, room.remaining + take_room.returned));
      tokens_left := room.remaining;
    end if;
    more := least(room.allowed, case room.measure when 'tokens' then take_room.tokens else take_room.requests end);
    wait_s := greatest(wait_s, (more - room.remaining) / room.per_s,
                       extract(epoch from room.closed_until - room.filled_at));
    rooms := rooms || room;
  end loop;
  foreach room in array rooms loop
    more := least(room.allowed, case room.measure when 'tokens' then take_room.tokens else take_room.requests end);
    update inference.rooms r
    set remaining = room.remaining - case when wait_s > 0 then 0 else more end, filled_at = room.filled_at
    where r.provider = room.provider and r.upstream_model = room.upstream_model and r.measure = room.measure;
  end loop;
end $$;
comment on function ledger.take_room is
  'Takes it if there is room in every measure: 0, else in how many seconds there may be, and nothing is taken.';

create function ledger.learn_room(provider text, upstream_model text, measure text, allowed double precision,
                                  remaining double precision, per_s double precision, closed_s double precision)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  room inference.rooms;
begin
  insert into inference.rooms as r (provider, upstream_model, measure, allowed, remaining, per_s, filled_at,
                                    closed_until)
  values (learn_room.provider, learn_room.upstream_model, learn_room.measure, learn_room.allowed,
          learn_room.remaining, learn_room.per_s, clock_timestamp(),
          clock_timestamp() + make_interval(secs => learn_room.closed_s))
  on conflict do nothing;
  if found then
    return;
  end if;
  select r.* into room from inference.rooms r
  where r.provider = learn_room.provider and r.upstream_model = learn_room.upstream_model
    and r.measure = learn_room.measure
  for update;
  room := ledger.filled(room, clock_timestamp());
  update inference.rooms r
  set allowed = learn_room.allowed, per_s = learn_room.per_s, filled_at = room.filled_at,
      remaining = least(room.remaining, learn_room.remaining),
      closed_until = greatest(room.closed_until, room.filled_at + make_interval(secs => learn_room.closed_s))
  where r.provider = learn_room.provider and r.upstream_model = learn_room.upstream_model
    and r.measure = learn_room.measure;
end $$;
comment on function ledger.learn_room is 'What a process learned of one measure; what remains never rises by that.';

grant aniate_money to current_user;
grant create on schema ledger to aniate_money;
revoke execute on function ledger.filled, ledger.take_room, ledger.learn_room from public;
grant execute on function ledger.take_room, ledger.learn_room to aniate_server;
alter function ledger.filled owner to aniate_money;
alter function ledger.take_room owner to aniate_money;
alter function ledger.learn_room owner to aniate_money;
revoke create on schema ledger from aniate_money;
revoke aniate_money from current_user;
