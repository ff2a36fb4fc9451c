"""A command that failed, and what is known of it: what `ant fix` begins with."""


class Failed:
    """What failed, and how.

    `command` is as it was typed, or "" where only its output is known. `argv` is what followed a `--`, or
    None. `output` is the bounded end of what it said, stdout and stderr together. `paths` are files that the
    user named.
    """

    __slots__ = ("argv", "code", "command", "folder", "output", "paths")

    def __init__(
        self,
        command: str = "",
        argv: "list[str] | None" = None,
        code: int = 1,
        output: str = "",
        folder: str = "",
        paths: "list[str] | None" = None,
    ) -> None:
        self.command = command
        self.argv = argv
        self.code = code
        self.output = output
        self.folder = folder
        self.paths = paths or []
