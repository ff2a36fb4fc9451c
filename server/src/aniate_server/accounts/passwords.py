"""Passwords: what makes a good one (NIST SP 800-63B-4, section 3.1.1), and how they are kept (Argon2id, RFC 9106)."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from aniate_server.plumbing.errors import BadRequest, Unavailable

Result = TypeVar("Result")

MIN_CHARACTERS = 15
"""Of a password that has no second factor beside it."""
MAX_CHARACTERS = 200
ZXCVBN_READS = 32
"""It raises above 72, and takes seconds for long texts of many signs that may stand for letters."""
LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: at least 10^8 guesses."""
MEMORY_KIB, ITERATIONS, LANES = 19_456, 2, 1
AT_ONCE = 2
"""Each takes 19 MiB and a core."""
MAX_WAITING = 64
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$fujL7lavu0129W8gHBMfAA$USICK3iYRjijefpoO2+GlVQvhLz42us91dTZDWdmefc"
"""What a password is compared with where there is no account, so that it takes as long."""
BREACHED = frozenset(FREQUENCY_LISTS["passwords"])
"""The 30,000 most common ones of known leaks, as zxcvbn ships them."""


class WeakPassword(BadRequest):
    """A password that is too short or too easily guessed."""

    code = "weak_password"


class Passwords:
    """Hashes and compares, a bounded number at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._checks = asyncio.Semaphore(1)
        self._waiting = 0

    async def hashed(self, password: str, email: str) -> str:
        """What is kept of a new password; WeakPassword if it is no good one for the account of that e-mail."""
        good = await self._run(lambda: checked(password, email), self._checks)
        return await self._run(lambda: hashed(good), self._slots)

    async def match(self, password: str, kept: str | None) -> bool:
        """Whether it is the one that `kept` was made of; takes the same time if there is none."""
        fits = await self._run(lambda: matches(prepared(password), kept or NOBODYS), self._slots)
        return fits and kept is not None

    async def _run(self, work: Callable[[], Result], slots: asyncio.Semaphore) -> Result:
        if self._waiting >= MAX_WAITING:
            raise Unavailable("Too many people sign in at this moment.")
        self._waiting += 1
        try:
            async with slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def prepared(password: str) -> str:
    """The one spelling of the same letters (NFKC)."""
    return unicodedata.normalize("NFKC", password[: MAX_CHARACTERS * 4])


def checked(password: str, email: str) -> str:
    """The password as it is hashed; WeakPassword if it is no good one."""
    password = prepared(password)
    if len(password) < MIN_CHARACTERS:
        raise WeakPassword(f"Take a password of {MIN_CHARACTERS} characters or more.", "A few words make a good one.")
    if len(password) > MAX_CHARACTERS:
        raise WeakPassword(f"Take a password of at most {MAX_CHARACTERS} characters.")
    if known(password.lower()):
        raise WeakPassword("This password is known from leaks of other services. Take another one.")
    found = zxcvbn(password[:ZXCVBN_READS], user_inputs=["aniate", email, *email.replace("@", ".").split(".")])
    if found["score"] < LEAST_SCORE:
        advice = " ".join(found["feedback"]["suggestions"])
        raise WeakPassword("This password is too easy to guess. Take another one.", advice)
    return password


def known(password: str) -> bool:
    """Whether it stands in the list of breached ones, or is one of them again and again."""
    if password in BREACHED:
        return True
    shorter = (password[:length] for length in range(1, len(password) // 2 + 1) if len(password) % length == 0)
    return any(
        part * (len(password) // len(part)) == password and (len(part) < 3 or part in BREACHED) for part in shorter
    )


def hashed(password: str) -> str:
    """The PHC string of a password."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode("utf-8", "surrogatepass"))


def matches(password: str, kept: str) -> bool:
    """Whether `kept` was made of the password."""
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "surrogatepass"), kept)
    except InvalidKey:
        return False
    return True
