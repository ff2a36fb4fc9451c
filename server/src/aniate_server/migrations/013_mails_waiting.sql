-- How much mail nobody took yet, for who watches the server.

create function accounts.mails_waiting() returns bigint
language sql stable security definer set search_path = ''
begin atomic
  select count(*) from accounts.mails;
end;
comment on function accounts.mails_waiting is 'How many mails are not handed on yet.';

grant aniate_accounts to current_user;
grant create on schema accounts to aniate_accounts;
revoke execute on function accounts.mails_waiting from public;
grant execute on function accounts.mails_waiting to aniate_server;
alter function accounts.mails_waiting owner to aniate_accounts;
revoke create on schema accounts from aniate_accounts;
revoke aniate_accounts from current_user;
