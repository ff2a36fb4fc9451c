-- One row per request, and the ledger of what was charged.

create table aniate.usage (
  id                    uuid primary key,
  workspace_id          uuid not null references aniate.workspaces on delete restrict,
  -- No references: what was used outlives the user and the key. ledger.open_request checks both.
  user_id               uuid not null,
  key_id                uuid not null,
  brew                  text not null,
  model                 text not null,
  provider              text not null,
  upstream_model        text not null,
  prompt_version        text not null,
  state                 text not null default 'open' check (state in ('open', 'closed')),
  input_price           bigint not null check (input_price >= 0),
  output_price          bigint not null check (output_price >= 0),
  reserved_micro_usd    bigint not null check (reserved_micro_usd >= 0),
  input_tokens_estimate bigint not null check (input_tokens_estimate >= 0),
  input_tokens          bigint check (input_tokens >= 0),
  output_tokens         bigint check (output_tokens >= 0),
  cost_micro_usd        bigint check (cost_micro_usd >= 0),
  outcome               text check (outcome in ('ok', 'length', 'cancelled', 'failed', 'abandoned')),
  estimated             boolean,
  holder                uuid not null,
  opened_at             timestamptz not null default now(),
  closed_at             timestamptz,
  constraint closed_rows_are_whole check (
    case state
      when 'open' then num_nonnulls(input_tokens, output_tokens, cost_micro_usd, outcome, estimated, closed_at) = 0
      else num_nulls(input_tokens, output_tokens, cost_micro_usd, outcome, estimated, closed_at) = 0
    end
  )
);
comment on column aniate.usage.model is 'The public alias; upstream_model is the provider''s name and stays inside.';
comment on column aniate.usage.input_price is 'Micro-USD per million tokens, as it was when the request was opened.';
comment on column aniate.usage.reserved_micro_usd is 'The most that the request can cost.';
comment on column aniate.usage.holder is 'The process that answers it; see operations.holders.';
create index usage_workspace on aniate.usage (workspace_id, opened_at);
create index usage_open on aniate.usage (opened_at) where state = 'open';

create table ledger.entries (
  id               bigint generated always as identity primary key,
  workspace_id     uuid not null references aniate.workspaces on delete restrict,
  -- No reference: usage may be thinned out in time, the ledger never.
  request_id       uuid not null,
  kind             text not null check (kind in ('charge')),
  amount_micro_usd bigint not null check (amount_micro_usd >= 0),
  created_at       timestamptz not null default now(),
  unique (request_id, kind)
);
create index entries_workspace on ledger.entries (workspace_id, created_at);

alter table aniate.usage enable row level security;
alter table aniate.usage force row level security;
alter table ledger.entries enable row level security;
alter table ledger.entries force row level security;

grant select, insert on aniate.usage to aniate_money;
grant update (state, input_tokens, output_tokens, cost_micro_usd, outcome, estimated, closed_at)
  on aniate.usage to aniate_money;
grant select, insert on ledger.entries to aniate_money;
create policy all_by_function on aniate.usage to aniate_money using (true) with check (true);
create policy append_by_function on ledger.entries for insert to aniate_money with check (true);
create policy read_by_function on ledger.entries for select to aniate_money using (true);

-- Members see what their workspace used; who answers upstream, and at what price to us, stays inside.
grant select (id, workspace_id, user_id, key_id, brew, model, state, input_tokens, output_tokens,
              cost_micro_usd, outcome, estimated, opened_at, closed_at)
  on aniate.usage to authenticated;
create policy usage_of_member on aniate.usage for select to authenticated
  using (workspace_id in (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid())));

-- Not even the tables' owner changes the past by accident.
create function ledger.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception 'ledger entries are never changed or deleted' using errcode = 'AN003';
end $$;
revoke execute on function ledger.refuse_change from public;
create trigger entries_stay before update or delete or truncate on ledger.entries
  for each statement execute function ledger.refuse_change();
