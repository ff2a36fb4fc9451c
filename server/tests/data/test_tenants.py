"""No tenant reaches another's rows: every table × role × verb, found from the catalogue, with rows of both in place."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from server.tests.data.cluster import TestDatabase
from server.tests.data.tenant_rows import PLANTS, Plant
from server.tests.data.tenant_walk import (
    EXEMPT_SCHEMAS,
    OWN_ROWS_SEEN,
    ROLES,
    Tenants,
    columns,
    faults,
    one,
    relations,
    rows_of,
    tables,
    visible,
)


@pytest.fixture
def tenants(database: TestDatabase) -> Iterator[Tenants]:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        ours, foreign = ({name: uuid4() for name in ("user", "workspace", "row")} for _ in range(2))
        for tenant in (ours, foreign):
            for plant in PLANTS.values():
                connection.execute(plant.insert, tenant)
        yield Tenants(connection, ours, foreign)


def test_no_role_reads_or_changes_a_foreign_row(tenants: Tenants) -> None:
    assert faults(tenants) == []


def test_each_role_sees_of_its_own_what_it_should_and_no_more(tenants: Tenants) -> None:
    seen = {
        (table, role)
        for table in tables(tenants)
        for role in ROLES
        if visible(tenants, role, table) & rows_of(tenants, role, table, tenants.ours)
    }
    assert seen == OWN_ROWS_SEEN


def test_the_walk_is_not_over_an_empty_house(tenants: Tenants) -> None:
    assert set(tables(tenants)) == set(PLANTS)
    for table, plant in PLANTS.items():
        for tenant in (tenants.ours, tenants.foreign):
            assert one(tenants, f"select count(*) > 0 from {table} where {plant.belongs}", tenant) is True


def test_the_exempt_schemas_are_closed_to_every_role(tenants: Tenants) -> None:
    for schema in EXEMPT_SCHEMAS:
        for role in set(ROLES) - {"migrator"}:
            assert one(tenants, "select has_schema_privilege(%s, %s, 'usage, create')", [role, schema]) is False
            for table in relations(tenants, schema):
                every_right = "select, insert, update, delete, truncate, references, trigger"
                assert one(tenants, "select has_table_privilege(%s, %s, %s)", [role, table, every_right]) is False
                assert one(tenants, "select has_any_column_privilege(%s, %s, %s)", [role, table, "select"]) is False


def test_a_member_sees_what_was_counted_and_not_who_answers_upstream_and_at_what_price(tenants: Tenants) -> None:
    hidden = {"provider", "upstream_model", "prompt_version", "input_price", "output_price", "cached_price", "holder"}
    counted = {"input_tokens", "cached_input_tokens", "output_tokens", "cost_micro_usd"}
    assert (hidden | counted) & set(columns(tenants, "authenticated", "aniate.usage", "select")) == counted


def test_nothing_of_ours_is_in_public(tenants: Tenants) -> None:
    assert relations(tenants, "public") == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", "aniate.notes: the test knows no rows for it; add it to PLANTS in tenant_rows.py"),
        ("", "aniate.notes: row-level security is not both enabled and forced"),
        ("grant select on aniate.notes to authenticated", "aniate.notes: authenticated reads foreign rows"),
        ("grant select (text) on aniate.notes to anon", "aniate.notes: anon reads foreign rows"),
        ("grant insert on aniate.notes to service_role", "aniate.notes: service_role inserts foreign rows"),
        ("grant update (text) on aniate.notes to anon", "aniate.notes: anon updates foreign rows"),
        (
            "grant truncate on aniate.notes to authenticated",
            "aniate.notes: authenticated may truncate it, refer to it or hang a trigger on it",
        ),
        ("grant delete on aniate.notes to aniate_server", "aniate.notes: aniate_server deletes foreign rows"),
        (
            """alter table aniate.notes enable row level security;
               grant select on aniate.notes to authenticated;
               create policy everyone on aniate.notes for select to authenticated using (true)""",
            "aniate.notes: authenticated reads foreign rows",
        ),
        (
            "alter table aniate.notes enable row level security",
            "aniate.notes: row-level security is not both enabled and forced",
        ),
    ],
)
def test_a_table_added_without_protection_is_found(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    tenants.connection.execute("set role migrator; create table aniate.notes (workspace_id uuid, text text)")
    tenants.connection.execute("grant usage on schema aniate to anon, service_role, aniate_server")
    if script:
        tenants.connection.execute(script)
    tenants.connection.execute("reset role")
    if "PLANTS" not in said:
        plant = Plant("insert into aniate.notes values (%(workspace)s, %(row)s::text)", "workspace_id = %(workspace)s")
        monkeypatch.setitem(PLANTS, "aniate.notes", plant)
        for tenant in (tenants.ours, tenants.foreign):
            tenants.connection.execute(plant.insert, tenant)
    assert said in faults(tenants)


def test_a_protected_table_passes_the_walk(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    tenants.connection.execute(
        "set role migrator; create table aniate.notes (workspace_id uuid, text text);"
        "alter table aniate.notes enable row level security; alter table aniate.notes force row level security;"
        "grant select, insert, update, delete on aniate.notes to authenticated;"
        "create policy of_member on aniate.notes to authenticated using (workspace_id in"
        " (select m.workspace_id from aniate.members m where m.user_id = (select auth.uid()))); reset role"
    )
    plant = Plant("insert into aniate.notes values (%(workspace)s, %(row)s::text)", "workspace_id = %(workspace)s")
    monkeypatch.setitem(PLANTS, "aniate.notes", plant)
    for tenant in (tenants.ours, tenants.foreign):
        tenants.connection.execute(plant.insert, tenant)
    assert faults(tenants) == []
