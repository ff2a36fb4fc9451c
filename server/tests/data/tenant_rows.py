"""A row of a tenant for each table, for the walk over all of them. A new table needs one in PLANTS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """How to put a tenant's row into a table, and how to recognise that tenant's rows.

    Rows of a shared table belong to nobody: all may be read by who is in OWN_ROWS_SEEN, and none changed.
    """

    insert: str
    belongs: str
    shared: bool = False


PLANTS = {
    "accounts.users": Plant(
        "insert into accounts.users (id, email, name) values (%(user)s, %(user)s || '@example.com', 'name')",
        "id = %(user)s",
    ),
    "aniate.workspaces": Plant(
        "insert into aniate.workspaces (id, name) values (%(workspace)s, 'name')", "id = %(workspace)s"
    ),
    "aniate.members": Plant(
        "insert into aniate.members (workspace_id, user_id, role) values (%(workspace)s, %(user)s, 'owner')",
        "workspace_id = %(workspace)s",
    ),
    "accounts.api_keys": Plant(
        "insert into accounts.api_keys (id, workspace_id, user_id, name, prefix, hash)"
        " values (%(row)s, %(workspace)s, %(user)s, 'name', 'aniate_sk_', sha256(%(row)s::text::bytea))",
        "workspace_id = %(workspace)s",
    ),
    "accounts.sessions": Plant(
        "insert into accounts.sessions (id, user_id, workspace_id, kind, name, client, address, lifetime, expires_at,"
        " ends_at) values (%(row)s, %(user)s, %(workspace)s, 'cli', 'name', 'ant', '127.0.0.1', '1 day',"
        " now() + interval '1 day', now() + interval '1 day')",
        "workspace_id = %(workspace)s",
    ),
    "accounts.revocations": Plant(
        "insert into accounts.revocations (session_id) values (%(workspace)s)", "session_id = %(workspace)s"
    ),
    "accounts.signing_keys": Plant(
        "insert into accounts.signing_keys (kid, public, private, signs_from) values (%(workspace)s, '{}', '', now())",
        "kid = %(workspace)s::text",
    ),
    "accounts.mail_codes": Plant(
        "insert into accounts.mail_codes (id, purpose, hash, email, expires_at) values (%(row)s, 'reset',"
        " sha256(%(row)s::text::bytea), %(user)s || '@example.com', now() + interval '1 hour')",
        "email = %(user)s || '@example.com'",
    ),
    "accounts.mails": Plant(
        "insert into accounts.mails (id, kind, email, web) values (%(row)s, 'verify', %(user)s || '@example.com', 'w')",
        "email = %(user)s || '@example.com'",
    ),
    "accounts.attempts": Plant(
        "insert into accounts.attempts (bucket, count, expires_at) values (%(user)s::text::bytea, 1, now())",
        "bucket = %(user)s::text::bytea",
    ),
    "accounts.audit_events": Plant(
        "insert into accounts.audit_events (id, user_id, event, address, detail)"
        " values (%(row)s, %(user)s, 'signed_in', '::1', '')",
        "user_id = %(user)s",
    ),
    "accounts.authorizations": Plant(
        "insert into accounts.authorizations (hash, user_id, client, redirect_uri, challenge, device_name, expires_at)"
        " values (sha256(%(row)s::text::bytea), %(user)s, 'ant', 'http://127.0.0.1:1/callback', repeat('x', 43), '',"
        " now())",
        "user_id = %(user)s",
    ),
    "accounts.device_grants": Plant(
        "insert into accounts.device_grants (device_hash, user_code_hash, client, device_name, program, address,"
        " expires_at, interval_s, state, user_id) values (sha256(%(row)s::text::bytea), sha256(%(row)s::text::bytea),"
        " 'ant', '', 'ant', '::1', now(), 5, 'allowed', %(user)s)",
        "user_id = %(user)s",
    ),
    "aniate.assistants": Plant(
        "insert into aniate.assistants (workspace_id, name, prompt, model, summary)"
        " values (%(workspace)s, 'coder', 'text', 'default', '')",
        "workspace_id = %(workspace)s",
    ),
    "aniate.conversations": Plant(
        "insert into aniate.conversations (id, user_id, version, sealed) values (%(row)s, %(user)s, 1, 'x')",
        "user_id = %(user)s",
    ),
    "aniate.brewed_commands": Plant(
        "insert into aniate.brewed_commands (workspace_id, name, description, kind, arguments, body, may)"
        " values (%(workspace)s, 'lines', 'text', 'script', '[]', 'true', '{}')",
        "workspace_id = %(workspace)s",
    ),
    "aniate.shared_commands": Plant(
        "insert into aniate.shared_commands (code, workspace_id, name, description, kind, arguments, body, may)"
        " values ('cmd_' || replace(%(row)s::text, '-', ''), %(workspace)s, 'lines', 'text', 'script', '[]', 'true',"
        " '{}')",
        "workspace_id = %(workspace)s",
    ),
    "aniate.usage": Plant(
        "insert into aniate.usage (id, workspace_id, user_id, key_id, brew, model, provider, upstream_model,"
        " prompt_version, input_price, output_price, reserved_micro_usd, input_tokens_estimate, holder)"
        " values (%(row)s, %(workspace)s, %(user)s, %(row)s, 'what', 'fast', 'groq', 'm', 'v', 1, 1, 1, 1, %(row)s)",
        "workspace_id = %(workspace)s",
    ),
    "limits.meters": Plant(
        "insert into limits.meters (workspace_id, scope, id, minute, day, month)"
        " values (%(workspace)s, 'workspace', %(row)s, now(), now(), now())",
        "workspace_id = %(workspace)s",
    ),
    "limits.allowances": Plant(
        "insert into limits.allowances (plan, scope, measure, amount) values ('enterprise', 'workspace', 'streams', 1)"
        " on conflict do nothing",
        "true",
        shared=True,
    ),
    "ledger.billing_outbox": Plant(
        "insert into ledger.billing_outbox (workspace_id, hour, requests, amount_micro_usd)"
        " values (%(workspace)s, '2000-01-01', 1, 1) on conflict do nothing",
        "workspace_id = %(workspace)s",
    ),
    "ledger.entries": Plant(
        "insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)"
        " values (%(workspace)s, %(row)s, 'charge', 1)",
        "workspace_id = %(workspace)s",
    ),
    "inference.answers": Plant(
        "insert into inference.answers (key, user_id, sealed, expires_at)"
        " values (sha256(%(row)s::text::bytea), %(user)s, '', now() + interval '1 day')",
        "user_id = %(user)s",
    ),
    "ledger.provider_totals": Plant(
        "insert into ledger.provider_totals (day, provider, model, input_tokens, output_tokens)"
        " values ('2026-01-01', %(row)s::text, 'm', 1, 1)",
        "true",
        shared=True,
    ),
    "inference.models": Plant(
        "insert into inference.models (provider, upstream_model, alias, input_price, output_price, context_tokens,"
        " max_output_tokens, valid_from) values (%(row)s, 'm', 'a', 1, 1, 1, 1, '2026-01-01')",
        "true",
        shared=True,
    ),
    "inference.rooms": Plant(
        "insert into inference.rooms (provider, upstream_model, measure, allowed, remaining, per_s, filled_at,"
        " closed_until) values (%(row)s, 'm', 'tokens', 1, 1, 1, now(), now())",
        "true",
        shared=True,
    ),
}
