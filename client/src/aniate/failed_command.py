"""A command that failed, as `ant fix` is to mend it."""


class Failed:
    """What failed: `command` as typed or "", `argv` if it was given after `--`, and the bounded end of its output.

    `folder` is where it ran; `paths` are the files that the user named.
    """

    __slots__ = ("argv", "code", "command", "folder", "output", "paths")

    def __init__(
        self, command: str, argv: "list[str] | None", code: int, output: str, folder: str, paths: "list[str]"
    ) -> None:
        self.command = command
        self.argv = argv
        self.code = code
        self.output = output
        self.folder = folder
        self.paths = paths
