"""The database's functions: who owns them, who may call them, and that nobody can bend what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from server.tests.data.cluster import TestDatabase

Functions = tuple[psycopg.Connection[TupleRow], dict[str, dict[str, Any]]]
OURS = ("aniate", "accounts", "ledger", "inference", "operations")
SERVER_ONLY = {
    "accounts.add_member": "aniate_accounts",
    "accounts.add_signing_key": "aniate_accounts",
    "accounts.ask_code": "aniate_accounts",
    "accounts.attempt": "aniate_accounts",
    "accounts.audit": "aniate_accounts",
    "accounts.audit_log": "aniate_accounts",
    "accounts.authorize": "aniate_accounts",
    "accounts.change_password": "aniate_accounts",
    "accounts.confirm_sign_up": "aniate_accounts",
    "accounts.create_account": "aniate_accounts",
    "accounts.create_key": "aniate_accounts",
    "accounts.create_own_key": "aniate_accounts",
    "accounts.create_user": "aniate_accounts",
    "accounts.create_workspace": "aniate_accounts",
    "accounts.credentials": "aniate_accounts",
    "accounts.decide_device": "aniate_accounts",
    "accounts.delete_account": "aniate_accounts",
    "accounts.due_mails": "aniate_accounts",
    "accounts.end_session": "aniate_accounts",
    "accounts.end_sessions": "aniate_accounts",
    "accounts.forgive": "aniate_accounts",
    "accounts.key_owner": "aniate_accounts",
    "accounts.list_keys": "aniate_accounts",
    "accounts.list_own_keys": "aniate_accounts",
    "accounts.list_sessions": "aniate_accounts",
    "accounts.list_users": "aniate_accounts",
    "accounts.list_workspaces": "aniate_accounts",
    "accounts.live_session": "aniate_accounts",
    "accounts.mail_sent": "aniate_accounts",
    "accounts.mails_waiting": "aniate_accounts",
    "accounts.membership": "aniate_accounts",
    "accounts.open_device": "aniate_accounts",
    "accounts.pending_code": "aniate_accounts",
    "accounts.poll_device": "aniate_accounts",
    "accounts.profile": "aniate_accounts",
    "accounts.purge_grants": "aniate_accounts",
    "accounts.purge_logins": "aniate_accounts",
    "accounts.purge_people": "aniate_accounts",
    "accounts.redeem_code": "aniate_accounts",
    "accounts.reset_password": "aniate_accounts",
    "accounts.revocations_since": "aniate_accounts",
    "accounts.revoke_key": "aniate_accounts",
    "accounts.revoke_own_key": "aniate_accounts",
    "accounts.rotate_session": "aniate_accounts",
    "accounts.set_plan": "aniate_accounts",
    "accounts.shared_command": "aniate_accounts",
    "accounts.sign_in": "aniate_accounts",
    "accounts.sign_out": "aniate_accounts",
    "accounts.signing_keys": "aniate_accounts",
    "accounts.start_session": "aniate_accounts",
    "accounts.waiting_device": "aniate_accounts",
    "accounts.web_session": "aniate_accounts",
    "accounts.workspaces_of": "aniate_accounts",
    "inference.find_answer": "aniate_accounts",
    "inference.keep_answer": "aniate_accounts",
    "inference.purge_answers": "aniate_accounts",
    "ledger.allow": "aniate_money",
    "ledger.allowances": "aniate_money",
    "ledger.cost_micro_usd": "aniate_money",
    "ledger.cost_micro_usd/6": "aniate_money",
    "ledger.day_totals": "aniate_money",
    "ledger.heartbeat": "aniate_money",
    "ledger.import_provider_totals": "aniate_money",
    "ledger.learn_room": "aniate_money",
    "ledger.left_open": "aniate_money",
    "ledger.open_requests": "aniate_money",
    "ledger.reroute": "aniate_money",
    "ledger.settle_requests": "aniate_money",
    "ledger.standing": "aniate_money",
    "ledger.sweep": "aniate_money",
    "ledger.take_room": "aniate_money",
    "ledger.uneven_meters": "aniate_money",
    "ledger.uneven_outbox": "aniate_money",
    "ledger.uneven_rows": "aniate_money",
    "ledger.uneven_spent": "aniate_money",
    "ledger.workspaces_after": "aniate_money",
}
"""Each with its owner: callable by that owner and by aniate_server, by nobody else."""
NOBODY = {
    "accounts.bound_sessions": "aniate_accounts",
    "accounts.has_ended": "aniate_accounts",
    "accounts.put_password": "aniate_accounts",
    "accounts.session_ended": "aniate_accounts",
    "aniate.bound_assistants": "migrator",
    "aniate.number_conversation": "migrator",
    "aniate.bound_commands": "migrator",
    "aniate.one_meaning": "migrator",
    "ledger.admit": "aniate_money",
    "ledger.charge": "aniate_money",
    "ledger.filled": "aniate_money",
    "ledger.refuse_change": "migrator",
    "ledger.resets_at": "aniate_money",
    "ledger.turned": "aniate_money",
    "ledger.used": "aniate_money",
}
"""The functions of triggers and parts of others, which nobody calls."""
PARSED_WHEN_CALLED = {
    "accounts.add_signing_key",
    "accounts.attempt",
    "accounts.bound_sessions",
    "accounts.change_password",
    "accounts.confirm_sign_up",
    "accounts.create_own_key",
    "accounts.delete_account",
    "accounts.forgive",
    "accounts.poll_device",
    "accounts.redeem_code",
    "accounts.reset_password",
    "accounts.rotate_session",
    "accounts.session_ended",
    "accounts.sign_in",
    "ledger.learn_room",
    "ledger.open_requests",
    "ledger.reroute",
    "ledger.settle_requests",
    "ledger.sweep",
    "ledger.take_room",
}
"""In PL/pgSQL; the others are parsed when they are made."""
PLAIN = {
    "aniate.bound_assistants",
    "aniate.number_conversation",
    "aniate.bound_commands",
    "aniate.one_meaning",
    "ledger.admit",
    "ledger.charge",
    "ledger.cost_micro_usd",
    "ledger.cost_micro_usd/6",
    "ledger.filled",
    "ledger.refuse_change",
    "ledger.resets_at",
    "ledger.turned",
    "ledger.used",
}
"""These run with the rights of who calls them."""


@pytest.fixture
def functions(database: TestDatabase) -> Iterator[Functions]:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield connection, functions_of(connection)


def functions_of(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    """By name; a second one of a name has the number of its arguments behind it."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    cursor.execute(
        "select n.nspname || '.' || p.proname as name, p.oid::regprocedure::text as signature, p.pronargs,"
        " pg_get_userbyid(p.proowner) as owner, p.prosecdef, p.proconfig,"
        " array(select coalesce(nullif(grantee, 0)::regrole::text, 'public')"
        "       from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where privilege_type = 'EXECUTE'"
        "      ) as callers"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any (%s)"
        " order by p.pronargs",
        [list(OURS)],
    )
    found: dict[str, dict[str, Any]] = {}
    for row in cursor.fetchall():
        key = f"{row['name']}/{row['pronargs']}" if row["name"] in found else row["name"]
        assert key not in found
        found[key] = row
    return found


def test_each_function_is_owned_and_callable_as_listed(functions: Functions) -> None:
    _, found = functions
    assert {name: row["owner"] for name, row in found.items()} == {**SERVER_ONLY, **NOBODY}
    assert {name: set(row["callers"]) for name, row in found.items()} == {
        **{name: {owner, "aniate_server"} for name, owner in SERVER_ONLY.items()},
        **{name: {owner} for name, owner in NOBODY.items()},
    }


def test_each_function_with_its_owners_rights_finds_nothing_of_the_callers(functions: Functions) -> None:
    """An empty path still looks for types in pg_temp first, which matters to what is parsed at each call."""
    _, found = functions
    assert {name for name, row in found.items() if not row["prosecdef"]} == PLAIN
    for name in found.keys() - PLAIN:
        path = "pg_catalog, pg_temp" if name in PARSED_WHEN_CALLED else '""'
        plans = (
            "plan_cache_mode=force_generic_plan",
            "enable_seqscan=off",
            "enable_hashjoin=off",
            "enable_mergejoin=off",
        )
        assert [each for each in found[name]["proconfig"] if each not in plans] == [f"search_path={path}"], name


def test_the_owners_of_functions_cannot_log_in_and_nobody_is_a_member_of_them(functions: Functions) -> None:
    connection, _ = functions
    rows = connection.execute(
        "select rolname, rolcanlogin, rolbypassrls, rolsuper from pg_roles where rolname ~ '^aniate' order by 1"
    ).fetchall()
    assert rows == [
        ("aniate_accounts", False, False, False),
        ("aniate_money", False, False, False),
        ("aniate_server", True, False, False),
    ]
    # The right to administer them stays with who made them; nobody inherits from them or can become them.
    members = connection.execute(
        "select roleid::regrole::text, member::regrole::text from pg_auth_members"
        " where roleid in ('aniate_accounts'::regrole, 'aniate_money'::regrole) and (inherit_option or set_option)"
    ).fetchall()
    assert members == []


def test_only_the_serving_role_can_call_them(functions: Functions) -> None:
    connection, found = functions
    for role in ("anon", "authenticated", "service_role"):
        for name in SERVER_ONLY:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                call(connection, role, found[name])


def test_even_with_a_way_into_the_schema_a_user_cannot_call_money_functions(functions: Functions) -> None:
    connection, found = functions
    connection.execute("grant usage on schema ledger, accounts, inference to authenticated, anon")
    for role in ("authenticated", "anon"):
        for name in SERVER_ONLY:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function"):
                call(connection, role, found[name])


def call(connection: psycopg.Connection, role: str, function: dict[str, Any]) -> None:
    nulls = sql.SQL(", ").join([sql.NULL] * function["pronargs"])
    with connection.transaction():
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        connection.execute(sql.SQL("select {}({})").format(sql.SQL(function["name"]), nulls))


def test_the_serving_role_reads_no_table_but_the_catalogue_of_models(database: TestDatabase) -> None:
    with psycopg.connect(database.server_url, autocommit=True) as connection:
        assert connection.execute("select count(*) from inference.models").fetchone() == (4,)
        for table in (
            "accounts.users",
            "accounts.api_keys",
            "aniate.usage",
            "ledger.entries",
            "operations.holders",
            "inference.rooms",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("select from {}").format(sql.SQL(table)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update inference.models set input_price = 0")


def test_the_serving_role_cannot_become_an_owner_of_functions(database: TestDatabase) -> None:
    with psycopg.connect(database.server_url, autocommit=True) as connection:
        for role in ("aniate_money", "aniate_accounts", "service_role", "postgres", "migrator"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
