"""What an assistant may be called: never like a command of `ant`, there is now or will be."""

from __future__ import annotations

import re

from aniate_server.plumbing.errors import BadRequest, ReservedName

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
RESERVED = frozenset(
    """
    account accounts add admin agree alias aniate ant ask assistant assistants auth billing brew brews chat cmd commit
    completion config copy create default delete device doctor edit exit explain export fetch file files fix help
    history host import info init install key keys list local login logout ls mail mcp me model models net new
    none open org plan plugin plugins profile profiles prompt prompts quit remove rename repl review rm run save
    search secret secrets self serve server session sessions set settings share shell show signup skill stats
    status stop suggest support sync team teams terms test token tokens tool tools undo uninstall unset update
    upgrade usage use user users vault version what who whoami why workspace workspaces
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read
)


def check(name: str) -> None:
    """BadRequest if an assistant can't be called so, ReservedName if it may not."""
    if not NAME.fullmatch(name):
        raise BadRequest(
            "A name has 1 to 32 characters: small letters, digits, - and _, a letter first.", "For example: coder"
        )
    if name in RESERVED:
        raise ReservedName(f"{name} is or may become a command of ant.", "Choose another name.")
