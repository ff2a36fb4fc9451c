-- Which models there are, at what price, from when to when: data, never constants in code.

create table inference.models (
  provider          text not null,
  upstream_model    text not null,
  alias             text not null,
  input_price       bigint not null check (input_price >= 0),
  output_price      bigint not null check (output_price >= 0),
  context_tokens    integer not null check (context_tokens > 0),
  max_output_tokens integer not null check (max_output_tokens between 1 and context_tokens),
  notice            text not null default '',
  is_default        boolean not null default false,
  valid_from        date not null,
  retired_on        date check (retired_on >= valid_from),
  primary key (provider, alias, valid_from)
);
comment on column inference.models.alias is 'What users call it; the upstream name stays inside.';
comment on column inference.models.input_price is 'Micro-USD per million tokens.';
comment on column inference.models.notice is 'One line that the user should see, or empty.';
comment on column inference.models.valid_from is 'A newer row of the same provider and alias takes over from its day on.';

alter table inference.models enable row level security;
alter table inference.models force row level security;
grant select on inference.models to aniate_server;
create policy catalogue_for_server on inference.models for select to aniate_server using (true);

-- The rows are written by the tables' owner, who is subject to the policies, too.
create policy seeding on inference.models for insert to current_user with check (true);
insert into inference.models (provider, upstream_model, alias, input_price, output_price, context_tokens,
                              max_output_tokens, notice, is_default, valid_from) values
  ('groq', 'openai/gpt-oss-20b', 'fast', 75000, 300000, 131072, 8192, '', true, '2026-08-01'),
  ('groq', 'openai/gpt-oss-120b', 'smart', 150000, 600000, 131072, 8192, '', false, '2026-08-01'),
  ('local', 'local', 'local', 0, 0, 4096, 768,
   'offline demo model: small, often wrong; check what it says', true, '2026-08-01');
drop policy seeding on inference.models;
