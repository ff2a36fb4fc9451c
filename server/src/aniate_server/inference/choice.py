"""Which model shall answer, and which others may if it cannot: a pure function of what is asked and what there is.

The rules, and why they are these, are in docs/decisions/0011-model-routing.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aniate_server.inference.store import Model
from aniate_server.plumbing.errors import BadRequest, NeedsAPlan, NotFound

DEFAULT = "default"
"""The alias by which a request leaves the choice to us."""
FAST, SMART = "fast", "smart"
STAYS = "free"
"""The plan that is not moved to a dearer model unasked."""
TOOLS = {"tools": "takes no tools", "json_schema": "cannot be held to a schema"}


@dataclass(frozen=True)
class Wish:
    """All of a request that the choice depends on."""

    alias: str
    plan: str
    brew: str
    prefers: str = FAST
    """The alias that does the brew's work well."""
    is_hard: bool = False
    tokens: int = 0
    """About so many are to be read."""
    needs: frozenset[str] = frozenset()


class PassedBy(NamedTuple):
    """A model that does not answer, and why, for people."""

    alias: str
    why: str


class Route(NamedTuple):
    """The choice. `reason` is words for programs."""

    model: Model
    fallbacks: tuple[Model, ...]
    reason: str
    passed_by: tuple[PassedBy, ...] = ()
    """Who was meant before the model, in this order."""


def choose(wish: Wish, models: Sequence[Model], gone: frozenset[Model] = frozenset()) -> Route:
    """The route. `models` are the main provider's first, each provider's default first, and never empty.

    NotFound that lists the aliases, NeedsAPlan, or BadRequest if no model can do what is needed.
    """
    if wish.alias != DEFAULT:
        return as_asked(wish, models, gone)
    allowed = [each for each in models if open_to(each, wish.plan)] or [pick(models, DEFAULT, wish.plan)]
    return as_it_fits(wish, able(allowed, wish), models[0].provider, gone)


def as_asked(wish: Wish, models: Sequence[Model], gone: frozenset[Model]) -> Route:
    """The model of that alias, and after it what costs no more: nobody pays more than for what they named."""
    asked = pick(models, wish.alias, wish.plan)
    able([asked], wish)
    others = [each for each in models if each is not asked and open_to(each, wish.plan) and costs_no_more(each, asked)]
    chain = tuple(sorted(capable(others, wish), key=lambda each: (each.alias != asked.alias, -price(each))))
    return past_gone(Route(asked, chain, "asked"), gone)


def as_it_fits(wish: Wish, allowed: Sequence[Model], main: str, gone: frozenset[Model]) -> Route:
    """By brew, plan, difficulty and size; after it the others that the plan has, the main provider's first."""
    wanted, because = preference(wish)
    first = next((each for each in allowed if each.provider == main and each.alias == wanted), allowed[0])
    model, size = for_size(first, allowed, wish)
    small = () if model is first else (PassedBy(first.alias, f"This is more than {first.alias} can read"),)
    others = [each for each in allowed if each is not model and (room(each, wish) or size == "cut")]
    chain = sorted(others, key=lambda each: (each.alias != model.alias, each.provider != main, price(each)))
    reason = " ".join(filter(None, [because, f"plan:{wish.plan}", f"size:{size}"]))
    return past_gone(Route(model, tuple(chain), reason, small), gone)


def for_size(model: Model, models: Sequence[Model], wish: Wish) -> tuple[Model, str]:
    """That model, or the cheapest that can read all of it, and the word for it; if none can, a part is left out."""
    if room(model, wish):
        return model, "ok"
    larger = [each for each in models if room(each, wish)]
    return (min(larger, key=price), "large") if larger else (model, "cut")


def preference(wish: Wish) -> tuple[str, str]:
    """The alias that would do best, and the word for why if it is not the usual one."""
    if wish.plan == STAYS:
        return FAST, ""
    if wish.prefers != FAST:
        return wish.prefers, f"brew:{wish.brew}"
    return (SMART, "hard") if wish.is_hard else (FAST, "")


def past_gone(route: Route, gone: frozenset[Model]) -> Route:
    """The same route from the first model on that is there; the same if none is, for it may be back."""
    if not gone:  # nearly always; models are slow to hash
        return route
    chain = (route.model, *route.fallbacks)
    there = [each for each in chain if each not in gone]
    if not there or there[0] is route.model:
        return route._replace(fallbacks=tuple(there[1:]))
    before = tuple(failed(each, "model_gone") for each in chain[: chain.index(there[0])])
    reason = " ".join([route.reason, *(f"model_gone:{each.alias}" for each in before)])
    return Route(there[0], tuple(there[1:]), reason, route.passed_by + before)


def pick(models: Sequence[Model], alias: str, plan: str | None = None) -> Model:
    """The model of that alias; NotFound that lists the aliases, NeedsAPlan if the plan does not have it."""
    for model in models:
        if model.alias == alias or (alias == DEFAULT and model.is_default):
            if plan is None or open_to(model, plan):
                return model
            plans = " or ".join(sorted(model.plans, reverse=True))
            raise needs_a_plan(f"The model {alias} is for the plan {plans}; yours is {plan}.")
    names = ", ".join(aliases(models, plan))
    raise NotFound(f"There is no model {alias!r}.", f"There are: {names}")


def aliases(models: Sequence[Model], plan: str | None = None) -> list[str]:
    """The names that a request may use, each once; of a plan, if one is named."""
    return list(dict.fromkeys([DEFAULT, *(each.alias for each in models if plan is None or open_to(each, plan))]))


def needs_a_plan(sentence: str) -> NeedsAPlan:
    """The error, which is about the field `model`."""
    error = NeedsAPlan(sentence)
    error.param = "model"
    return error


def open_to(model: Model, plan: str) -> bool:
    """Whether the plan has it."""
    return not model.plans or plan in model.plans


def able(models: Sequence[Model], wish: Wish) -> Sequence[Model]:
    """Those that can do what is needed; BadRequest if none can."""
    found = capable(models, wish)
    if found or not models:
        return found
    lacks = next(iter(sorted(wish.needs - models[0].features)))
    error = BadRequest(f"The model {models[0].alias} {TOOLS[lacks]}.", "Choose another model.")
    error.param = "tools" if lacks == "tools" else "response_format"
    raise error


def capable(models: Sequence[Model], wish: Wish) -> list[Model]:
    """Those that can do what is needed."""
    return [each for each in models if wish.needs <= each.features]


def costs_no_more(model: Model, than: Model) -> bool:
    """Whether no answer of it costs more."""
    return model.input_price <= than.input_price and model.output_price <= than.output_price


def price(model: Model) -> int:
    """For an order by price."""
    return model.input_price + model.output_price


def room(model: Model, wish: Wish) -> bool:
    """Whether it can read all of it and still write an answer."""
    return wish.tokens <= model.context_tokens - model.max_output_tokens


WHY = {
    "busy": "is busy",
    "resting": "does not answer reliably at the moment",
    "unreachable": "cannot be reached",
    "model_gone": "is gone",
    "too_long": "cannot read so much",
    "failed": "failed",
    "silent": "says nothing",
}
"""The failures after which another model is asked, for people."""


def failed(model: Model, kind: str) -> PassedBy:
    """One that failed in that way."""
    return PassedBy(model.alias, f"{model.alias} {WHY[kind]}")


def detour(passed_by: tuple[PassedBy, ...], model: Model) -> str:
    """What is said when another model answers than was meant; nothing if it bears the same name."""
    if not passed_by or passed_by[0].alias == model.alias:
        return ""
    *most, last = dict.fromkeys(each.why for each in passed_by if each.alias != model.alias)
    whys = f"{', '.join(most)} and {last}" if most else last
    return f"{whys}, so {model.alias} answers."
