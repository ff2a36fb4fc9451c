"""Which model is chosen, who may take its place, and why: the pure function, by tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aniate_server.brews import catalogue
from aniate_server.inference.choice import Wish, aliases, choose, detour, failed
from aniate_server.inference.difficulty import is_hard
from aniate_server.inference.model_router import LOCAL, ModelRouter
from aniate_server.inference.store import Model
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import AniateError, BadRequest, NeedsAPlan, NotFound
from aniate_server.plumbing.settings import Provider

BOTH, PAYERS = frozenset({"tools", "json_schema"}), frozenset({"pro", "enterprise"})
FAST = Model("groq", "small", "fast", 75, 300, 131_072, 8_192, "", True, None, BOTH)
SMART = Model("groq", "large", "smart", 150, 600, 131_072, 8_192, "", False, None, BOTH)
FRONTIER = Model("openai", "huge", "frontier", 2_000, 8_000, 1_000_000, 8_192, "", False, None, BOTH, PAYERS)
SCHEMAS, TOOLS = replace(SMART, features=frozenset({"json_schema"})), replace(FAST, features=frozenset({"tools"}))
ALL = (FAST, SMART, FRONTIER)
WISH = Wish("default", "pro", "ask")
LONG, TOO_LONG = 200_000, 2_000_000


def route(models: tuple[Model, ...] = ALL, gone: tuple[Model, ...] = (), **wish: Any) -> tuple[str, list[str], str]:
    found = choose(replace(WISH, **wish), models, frozenset(gone))
    return found.model.alias, [each.alias for each in found.fallbacks], found.reason


@pytest.mark.parametrize(
    ("wish", "model", "fallbacks", "reason"),
    [
        ({}, "fast", ["smart", "frontier"], "plan:pro size:ok"),
        ({"plan": "free"}, "fast", ["smart"], "plan:free size:ok"),
        ({"brew": "review", "prefers": "smart"}, "smart", ["fast", "frontier"], "brew:review plan:pro size:ok"),
        ({"brew": "review", "prefers": "smart", "plan": "free"}, "fast", ["smart"], "plan:free size:ok"),
        ({"is_hard": True}, "smart", ["fast", "frontier"], "hard plan:pro size:ok"),
        ({"is_hard": True, "plan": "enterprise"}, "smart", ["fast", "frontier"], "hard plan:enterprise size:ok"),
        ({"is_hard": True, "plan": "free"}, "fast", ["smart"], "plan:free size:ok"),
        ({"prefers": "nonesuch", "brew": "x"}, "fast", ["smart", "frontier"], "brew:x plan:pro size:ok"),
        ({"tokens": LONG}, "frontier", [], "plan:pro size:large"),
        ({"tokens": LONG, "plan": "free"}, "fast", ["smart"], "plan:free size:cut"),
        ({"tokens": TOO_LONG}, "fast", ["smart", "frontier"], "plan:pro size:cut"),
        ({"alias": "fast"}, "fast", [], "asked"),
        ({"alias": "smart"}, "smart", ["fast"], "asked"),
        ({"alias": "frontier"}, "frontier", ["smart", "fast"], "asked"),
        ({"alias": "smart", "plan": "free", "tokens": LONG}, "smart", ["fast"], "asked"),
    ],
)
def test_a_wish_has_one_route(wish: dict[str, Any], model: str, fallbacks: list[str], reason: str) -> None:
    assert route(**wish) == (model, fallbacks, reason)


@pytest.mark.parametrize(
    ("gone", "wish", "model", "fallbacks", "reason"),
    [
        ((FAST,), {}, "smart", ["frontier"], "plan:pro size:ok model_gone:fast"),
        ((SMART,), {}, "fast", ["frontier"], "plan:pro size:ok"),
        ((SMART,), {"alias": "smart"}, "fast", [], "asked model_gone:smart"),
        ((FAST,), {"alias": "fast"}, "fast", [], "asked"),  # nobody costs less: it may be back
        ((FAST, SMART), {"plan": "free"}, "fast", [], "plan:free size:ok"),
    ],
)
def test_what_its_provider_does_not_have_is_passed_by_if_there_is_another(
    gone: tuple[Model, ...], wish: dict[str, Any], model: str, fallbacks: list[str], reason: str
) -> None:
    assert route(gone=gone, **wish) == (model, fallbacks, reason)


def told(gone: tuple[Model, ...] = (), models: tuple[Model, ...] = ALL, **wish: Any) -> str:
    """What the user is told about who answers."""
    found = choose(replace(WISH, **wish), models, frozenset(gone))
    return detour(found.passed_by, found.model)


def test_the_user_is_told_why_another_one_answers() -> None:
    assert told() == ""
    assert told(tokens=LONG) == "This is more than fast can read, so frontier answers."
    assert told((SMART,), alias="smart") == "smart is gone, so fast answers."
    assert told((FAST, SMART)) == "fast is gone and smart is gone, so frontier answers."
    larger = replace(FRONTIER, alias="largest", input_price=FRONTIER.input_price + 1)
    said = "This is more than fast can read and frontier is gone, so largest answers."
    assert told((FRONTIER,), (*ALL, larger), tokens=LONG) == said


def test_the_user_is_told_of_all_that_did_not_answer_and_of_a_name_once() -> None:
    busy, again, silent = failed(FAST, "busy"), failed(FAST, "busy"), failed(SMART, "silent")
    assert detour((busy, again), FRONTIER) == "fast is busy, so frontier answers."
    assert detour((busy, silent, failed(LOCAL, "failed")), FRONTIER) == (
        "fast is busy, smart says nothing and local failed, so frontier answers."
    )
    assert detour((busy, silent), replace(FAST, provider="openai")) == "", "that is what was asked for"
    assert detour((silent, busy), replace(FAST, provider="openai")) == "smart says nothing, so fast answers."


def test_a_provider_beside_never_replaces_the_main_one() -> None:
    assert route((LOCAL, FRONTIER), brew="review", prefers="frontier", is_hard=True)[:2] == ("local", ["frontier"])
    assert route((LOCAL, FRONTIER), plan="free") == ("local", [], "plan:free size:ok")
    assert route((LOCAL, FRONTIER), tokens=4_000)[0] == "frontier", "unless it alone can read all of it"
    same = replace(FAST, provider="openai", is_default=True)
    assert choose(WISH, (FAST, SMART, same)).fallbacks == (same, SMART)
    assert choose(replace(WISH, alias="fast"), (FAST, SMART, same)).model is FAST


@pytest.mark.parametrize(
    ("wish", "models", "kind", "message"),
    [
        ({"alias": "gpt"}, ALL, NotFound, "There is no model 'gpt'."),
        ({"alias": "frontier", "plan": "free"}, ALL, NeedsAPlan,
         "The model frontier is for the plan pro or enterprise; yours is free."),
        ({"alias": "smart", "needs": BOTH}, (SCHEMAS,), BadRequest, "The model smart takes no tools."),
        ({"needs": BOTH}, (TOOLS,), BadRequest, "The model fast cannot be held to a schema."),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_in_one_sentence(
    wish: dict[str, Any], models: tuple[Model, ...], kind: type[AniateError], message: str
) -> None:
    with pytest.raises(kind) as refused:
        route(models, **wish)
    assert refused.value.message == message
    assert refused.value.hint


def test_what_needs_tools_goes_to_who_takes_them() -> None:
    plain = replace(FAST, features=frozenset())
    assert route((plain, SMART, FRONTIER), needs=frozenset({"tools"}))[:2] == ("smart", ["frontier"])


def test_a_plan_is_told_of_its_own_models() -> None:
    assert aliases(ALL, "free") == ["default", "fast", "smart"]
    assert aliases(ALL, "pro") == ["default", "fast", "smart", "frontier"]


@pytest.mark.parametrize(
    ("question", "pieces", "hard"),
    [
        ("What does this do?", ["def f(): ..."], False),
        ("Why?", ["Traceback (most recent call last):\n  File"], False),
        ("x" * 1300, [], False),
        ("x" * 1300, ["Traceback (most recent call last):\n  File"], True),
        ("Mend this:\n```\n    at app.Main.run(Main.java:12)\n```", [], True),
        ("```js\n    at run (/srv/app.js:12:7)\n```", [], True),
        ("Compare them.", ["a", "b", "c", "goroutine 1 [running]:\nmain"], True),
        ("Meet me at noon:\n  at the station, 12:30\n```sh\nls\n```", [], False),
    ],
)
def test_two_signs_make_a_question_hard(question: str, pieces: list[str], hard: bool) -> None:
    assert is_hard(question, pieces) is hard


def test_brews_say_which_model_does_their_work_well() -> None:
    prefers = {brew.name: brew.prefers for brew in catalogue.load().values()}
    assert {name for name, alias in prefers.items() if alias == "smart"} == {"review", "fix", "maker"}
    assert set(prefers.values()) == {"fast", "smart"}


class Watch(SystemClock):
    """A clock that stands still until it is set."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.mark.anyio
async def test_who_is_disowned_is_asked_again_after_some_minutes(db: Database) -> None:
    clock = Watch()
    router = ModelRouter(db, [Provider("groq", "http://127.0.0.1:9", "k")], clock)
    fast = (await router.choose(WISH)).model
    router.disown(fast)
    assert (await router.choose(WISH)).model.alias == "smart"
    clock.at = 299
    assert (await router.choose(WISH)).model.alias == "smart"
    clock.at = 301
    assert (await router.choose(WISH)).model.alias == "fast"
    for number in range(1000):
        router.disown(replace(fast, upstream_model=str(number)))
    assert len(router._gone) == 64
