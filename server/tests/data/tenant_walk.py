"""The walk over every table × role × verb: what `test_tenants.py` looks with. A new table needs a row in PLANTS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

ROLES = ("anon", "authenticated", "service_role", "aniate_server", "migrator")
"""The last one owns the tables: FORCE makes it subject to the policies, too."""

EXEMPT_SCHEMAS = {
    "operations": "migrations and heartbeats: nobody's rows, and no grants to any of the roles above but the owner",
}
OWN_ROWS_SEEN = {
    ("aniate.assistants", "authenticated"),
    ("aniate.members", "authenticated"),
    ("aniate.usage", "authenticated"),
    ("aniate.workspaces", "authenticated"),
    ("inference.models", "aniate_server"),
    ("inference.models", "migrator"),  # a member of aniate_server, to become it
}


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
    "aniate.usage": Plant(
        "insert into aniate.usage (id, workspace_id, user_id, key_id, brew, model, provider, upstream_model,"
        " prompt_version, input_price, output_price, reserved_micro_usd, input_tokens_estimate, holder)"
        " values (%(row)s, %(workspace)s, %(user)s, %(row)s, 'what', 'fast', 'groq', 'm', 'v', 1, 1, 1, 1, %(row)s)",
        "workspace_id = %(workspace)s",
    ),
    "ledger.entries": Plant(
        "insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)"
        " values (%(workspace)s, %(row)s, 'charge', 1)",
        "workspace_id = %(workspace)s",
    ),
    "inference.models": Plant(
        "insert into inference.models (provider, upstream_model, alias, input_price, output_price, context_tokens,"
        " max_output_tokens, valid_from) values (%(row)s, 'm', 'a', 1, 1, 1, 1, '2026-01-01')",
        "true",
        shared=True,
    ),
}


@dataclass(frozen=True)
class Tenants:
    """A connection as superuser with the rows of two tenants in place: ours and the foreign one's."""

    connection: psycopg.Connection
    ours: dict[str, UUID]
    foreign: dict[str, UUID]


def faults(tenants: Tenants) -> list[str]:
    """What is wrong, a sentence each."""
    found = []
    for table, protected in tables(tenants).items():
        if not protected:
            found.append(f"{table}: row-level security is not both enabled and forced")
        if table not in PLANTS:
            found.append(f"{table}: the test knows no rows for it; add it to PLANTS in tenant_walk.py")
            continue
        for role in ROLES:
            if beyond_rows(tenants, role, table):
                found.append(f"{table}: {role} may truncate it, refer to it or hang a trigger on it")
            found += [
                f"{table}: {role} {verb} foreign rows"
                for verb, reaches in {
                    "reads": reads_foreign,
                    "inserts": inserts_foreign,
                    "updates": updates_foreign,
                    "deletes": deletes_foreign,
                }.items()
                if reaches(tenants, role, table)
            ]
    return found


def beyond_rows(tenants: Tenants, role: str, table: str) -> bool:
    """Whether the role, without owning the table, holds a right that row-level security does not bound."""
    row = tenants.connection.execute(
        "select has_table_privilege(%(role)s, oid, 'truncate, references, trigger')"
        " and pg_get_userbyid(relowner) <> %(role)s from pg_class where oid = %(table)s::regclass",
        {"role": role, "table": table},
    ).fetchone()
    return bool(row and row[0])


def tables(tenants: Tenants) -> dict[str, bool]:
    """Every table and view that is ours, with whether its row-level security is enabled and forced."""
    rows = tenants.connection.execute(
        "select format('%%I.%%I', n.nspname, c.relname), c.relrowsecurity and c.relforcerowsecurity"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = any ('{r,p,v,m,f}') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
        " and n.nspname <> all (%s) order by 1",
        [list(EXEMPT_SCHEMAS)],
    )
    return dict(rows.fetchall())


def relations(tenants: Tenants, schema: str) -> list[str]:
    """What is in that schema."""
    rows = tenants.connection.execute(
        "select format('%%I.%%I', %s::text, relname) from pg_class where relnamespace = to_regnamespace(%s)"
        " and relkind <> 'i'",
        [schema, schema],
    )
    return [row[0] for row in rows.fetchall()]


def one(tenants: Tenants, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> object:
    """The one value that a superuser's query gives."""
    row = tenants.connection.execute(query, params).fetchone()
    assert row is not None
    return row[0]


def columns(tenants: Tenants, role: str, table: str, right: str) -> list[str]:
    """The columns of the table that the role has that right on."""
    rows = tenants.connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
        " and has_column_privilege(%s, attrelid, attnum, %s)",
        [table, role, right],
    )
    return [row[0] for row in rows.fetchall()]


def rows_of(tenants: Tenants, role: str, table: str, tenant: dict[str, UUID]) -> set[str]:
    """The tenant's rows as they would look to the role."""
    if not (seen := columns(tenants, role, table, "select")):
        return set()
    query = sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join(map(sql.Identifier, seen)), sql.SQL(table), sql.SQL(PLANTS[table].belongs)
    )
    return set(map(repr, tenants.connection.execute(query, tenant).fetchall()))


def become(tenants: Tenants, role: str) -> None:
    """Act as the role, with the claims of our tenant, until the transaction ends or the role is reset."""
    tenants.connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    tenants.connection.execute(
        "select set_config('request.jwt.claims', json_build_object('sub', %s::text)::text, true)",
        [tenants.ours["user"]],
    )


def visible(tenants: Tenants, role: str, table: str) -> set[str]:
    """All that the role can read of the table."""
    if not (seen := columns(tenants, role, table, "select")):
        return set()
    query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(map(sql.Identifier, seen)), sql.SQL(table))
    with tenants.connection.transaction(force_rollback=True):
        become(tenants, role)
        try:
            return set(map(repr, tenants.connection.execute(query).fetchall()))
        except psycopg.errors.InsufficientPrivilege:  # no way into the schema
            return set()


def reads_foreign(tenants: Tenants, role: str, table: str) -> bool:
    if PLANTS[table].shared and (table, role) in OWN_ROWS_SEEN:
        return False
    return bool(visible(tenants, role, table) & rows_of(tenants, role, table, tenants.foreign))


def inserts_foreign(tenants: Tenants, role: str, table: str) -> bool:
    """Tried with a whole row of the foreign tenant's; a right on some columns alone counts, too."""
    some = columns(tenants, role, table, "insert")
    if some and len(some) < len(columns(tenants, "migrator", table, "insert")):
        return True
    with tenants.connection.transaction(force_rollback=True):
        become(tenants, role)
        try:
            tenants.connection.execute(PLANTS[table].insert, {**tenants.foreign, "row": uuid4()})
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.errors.UniqueViolation:
            return True
    return True


def updates_foreign(tenants: Tenants, role: str, table: str) -> bool:
    changed = f"{PLANTS[table].belongs} and xmin = pg_current_xact_id()::xid"
    for column in columns(tenants, role, table, "update"):
        # The first form needs the right to read the column, the second may break a constraint.
        for query in ("update {0} set {1} = {1}", "update {0} set {1} = null"):
            statement = sql.SQL(query).format(sql.SQL(table), sql.Identifier(column))
            if touches(tenants, role, statement, f"select count(*) from {table} where {changed}", without=table):
                return True
    return False


def without_ours(tenants: Tenants, table: str) -> None:
    """Take our own rows away where nothing hangs on them, so that a constraint that is met is met by a foreign row."""
    statement = sql.SQL("delete from {} where {}").format(sql.SQL(table), sql.SQL(PLANTS[table].belongs))
    with suppress(psycopg.DatabaseError), tenants.connection.transaction():
        tenants.connection.execute(statement, tenants.ours)


def deletes_foreign(tenants: Tenants, role: str, table: str) -> bool:
    left = f"select (select count(*) from {table} where {PLANTS[table].belongs})"
    before = one(tenants, left, tenants.foreign)
    return touches(tenants, role, sql.SQL("delete from {}").format(sql.SQL(table)), f"{left} - {before}")


def touches(tenants: Tenants, role: str, statement: sql.Composed, difference: str, without: str = "") -> bool:
    """Whether the role's statement changed foreign rows, by what a superuser counts afterwards."""
    with tenants.connection.transaction(force_rollback=True):
        if without:
            without_ours(tenants, without)
        become(tenants, role)
        try:
            tenants.connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.errors.GeneratedAlways:
            return False
        except psycopg.errors.IntegrityError:
            return True  # it reached rows that only a constraint holds
        except psycopg.DatabaseError as error:
            if error.sqlstate != "AN003":  # the ledger's own refusal, which the tables' owner meets
                raise
            return False
        tenants.connection.execute("reset role")
        return one(tenants, difference, tenants.foreign) != 0
