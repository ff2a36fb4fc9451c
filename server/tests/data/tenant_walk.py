"""The walk over every table × role × verb: what `test_tenants.py` looks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from server.tests.data.tenant_rows import PLANTS

ROLES = ("anon", "authenticated", "service_role", "aniate_server", "migrator")
"""The last one owns the tables: FORCE makes it subject to the policies, too."""

EXEMPT_SCHEMAS = {
    "operations": "migrations and heartbeats: nobody's rows, and no grants to any of the roles above but the owner",
}
OWN_ROWS_SEEN = {
    ("aniate.assistants", "authenticated"),
    ("aniate.conversations", "authenticated"),
    ("aniate.brewed_commands", "authenticated"),
    ("aniate.members", "authenticated"),
    ("aniate.shared_commands", "authenticated"),
    ("aniate.usage", "authenticated"),
    ("aniate.workspaces", "authenticated"),
    ("inference.models", "aniate_server"),
    ("inference.models", "migrator"),  # a member of aniate_server, to become it
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
            found.append(f"{table}: the test knows no rows for it; add it to PLANTS in tenant_rows.py")
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
