"""`aniate-server prompt`: which prompts there are, and what a model makes of one."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aniate.wire import ChatRequest, ContextPiece, Message
from aniate_server.brews import catalogue
from aniate_server.brews.catalogue import ServedBrew
from aniate_server.brews.compose import Composed
from aniate_server.brews.fit import tokens
from aniate_server.inference import trial
from aniate_server.inference.choice import DEFAULT, pick
from aniate_server.inference.model_router import LOCAL, ModelRouter, custom
from aniate_server.inference.providers import open_provider
from aniate_server.inference.store import Model
from aniate_server.inference.trial import Tried
from aniate_server.parts import database_url, weights_of
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded.local_model import LocalModel
from aniate_server.plumbing.errors import BadRequest, NotFound
from aniate_server.plumbing.settings import Provider, Settings

QUESTION = "Do your work on this."
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return {"list": show, "try": try_one}[arguments.verb](settings, arguments)


def show(settings: Settings, arguments: argparse.Namespace) -> int:
    """One line a brew: its name, version, about how many tokens open every question, the kind of answer, what it is."""
    for brew in catalogue.load().values():
        kind = "text" if brew.form is None else "json"
        head = f"{brew.name:<8} {brew.prompt_version}  {tokens(brew.fixed):>4} tokens  {kind}"
        sys.stdout.write(f"{head}  {brew.summary}\n")
    return 0


def try_one(settings: Settings, arguments: argparse.Namespace) -> int:
    """Compose, and unless only that is wanted, ask; 1 if the answer lacks the form that it must have."""
    brew, request = named(arguments.brew), request_of(arguments)
    model = model_of(settings, arguments.model)
    said = trial.words(brew, request, model)
    if arguments.show:
        sys.stdout.write(composed(said))
        return 0
    sys.stderr.write(composed(said) + f"── {model.alias} answers\n")
    with at_hand(settings, model) as provider:
        tried = asyncio.run(ask(settings, provider, brew, model, said))
    sys.stderr.write(f"\n── {took(tried)}\n")
    return 1 if tried.in_form is False else 0


def named(name: str) -> ServedBrew:
    """The brew of that name; NotFound if there is none."""
    brews = catalogue.load()
    if name not in brews:
        raise NotFound(f"There is no brew {name!r}.", f"There are: {', '.join(brews)}")
    return brews[name]


def request_of(arguments: argparse.Namespace) -> ChatRequest:
    """The file and the question as the client would send them; BadRequest if there is neither."""
    question = " ".join(arguments.question)
    if not arguments.file and not question:
        raise BadRequest("There is nothing to try it on.", "Name a file, or say --question WORDS")
    context = (piece_of(arguments.file),) if arguments.file else ()
    return ChatRequest(messages=(Message("user", question or QUESTION),), brew=arguments.brew, context=context)


def piece_of(name: str) -> ContextPiece:
    """A file, or standard input under the name `-`."""
    if name == "-":
        return ContextPiece("stdin", "stdin", sys.stdin.read())
    kind = "diff" if name.endswith((".diff", ".patch")) else "file"
    return ContextPiece(kind, name, Path(name).read_text())


def model_of(settings: Settings, alias: str) -> Model:
    """The model of that alias; the database is asked only for providers whose models are rows there."""
    main = settings.provider
    known = [LOCAL] if main is None else [custom(main)] if main.model else []
    if known and (not settings.beside or alias in (DEFAULT, known[0].alias)):
        return pick(known, alias)
    providers = settings.beside if known else (*filter(None, [main]), *settings.beside)
    with database_url(settings) as url:
        return pick([*known, *asyncio.run(rows(url, providers))], alias)


async def rows(url: str, providers: Sequence[Provider]) -> list[Model]:
    """Their models of today."""
    db = await Database.open(url, connections=1)
    try:
        return await ModelRouter(db, providers, SystemClock()).models()
    finally:
        await db.close()


@contextmanager
def at_hand(settings: Settings, model: Model) -> Iterator[Provider]:
    """The model's provider; the local model is started for the moment. It may run beside that of a server."""
    for each in (settings.provider, *settings.beside):
        if each is not None and each.name == model.provider:
            yield each
            return
    weights = weights_of(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    local = LocalModel(weights, settings.data / "model.log")
    try:
        local.start()
        yield Provider("local", local.base_url, local.key)
    finally:
        local.stop()


async def ask(settings: Settings, provider: Provider, brew: ServedBrew, model: Model, said: Composed) -> Tried:
    """Ask, and print the answer as it comes."""
    opened = open_provider(provider, settings)
    try:
        return await trial.attempt(brew, model, said, opened, SystemClock(), say)
    finally:
        await opened.close()


def say(text: str) -> None:
    """A piece of the answer. What a model says could steer a terminal, so control characters are shown as `?`."""
    sys.stdout.write(CONTROL.sub("?", text))
    sys.stdout.flush()


def composed(said: Composed) -> str:
    """The messages as they would be sent."""
    messages = "".join(f"── {each['role']}\n{CONTROL.sub('?', each['content'])}\n" for each in said.messages)
    return messages + (f"── left out\n{said.notice}\n" if said.notice else "")


def took(tried: Tried) -> str:
    """What it took, and whether the answer is what a client could act on."""
    counted = tried.counted
    read = f"{counted.input_tokens} tokens read, {counted.output_tokens} written; " if counted else ""
    form = {None: "", True: "; of the form it must have", False: "; NOT of the form it must have"}[tried.in_form]
    return (
        f"{read}first word after {tried.first_s:.1f} s, end after {tried.whole_s:.1f} s ({tried.finish_reason}){form}"
    )
