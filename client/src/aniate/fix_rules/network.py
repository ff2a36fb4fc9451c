"""ssh, curl, wget, ports that are in use."""

from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMES = {"htp": "http", "htpp": "http", "hhtp": "http", "htps": "https", "httsp": "https", "hhtps": "https",
            "htttp": "http", "htttps": "https", "http:": "http", "ttps": "https", "ttp": "http"}  # fmt: skip


def _host_key(case: Case) -> "Iterator[Proposal]":
    told = case.between("remove with:\n  ", "\n") or case.rest_of_line("ssh-keygen -f ")
    line = told if told.startswith("ssh-keygen") else f"ssh-keygen -f {told}" if told else ""
    if not line and case.between("Host key for ", " has changed"):
        line = f"ssh-keygen -R {quoted(case.between('Host key for ', ' has changed'))}"
    if line.startswith("ssh-keygen -") and " -R " in line and not set(";&|$`<>()") & set(line):
        why = "The host has another key than before. Only if you know why: it may be somebody else."
        yield Proposal(case.before(line.strip()), why, "trusts another host")


def _open_key(case: Case) -> "Iterator[Proposal]":
    path = case.between("Permissions 0", "are too open").partition("for '")[2].partition("'")[0]
    if path:
        yield Proposal(case.before(f"chmod 600 {quoted(path)}"), "ssh takes no key that others may read.")


def _agent(case: Case) -> "Iterator[Proposal]":
    line = f'eval "$(ssh-agent -s)" && {case.line}'
    yield Proposal(line, "No agent is running; this starts one for what follows.")


def _no_identity(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.before("ssh-keygen -t ed25519"), "There is no key yet; this makes one.")


def _scheme(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        scheme, sign, rest = word.text.partition("://")
        if sign and scheme in _SCHEMES:
            line = case.swap(word, quoted(f"{_SCHEMES[scheme]}://{rest}"))
            yield Proposal(line, f"{scheme} is no protocol, but {_SCHEMES[scheme]} is.")
        elif not sign and word.text.startswith(("http:/", "https:/")):
            line = case.swap(word, quoted(word.text.replace(":/", "://", 1)))
            yield Proposal(line, "A slash is missing.")


def _twice(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        for scheme in ("https://", "http://"):
            if word.text.startswith((f"{scheme}https://", f"{scheme}http://")):
                yield Proposal(case.swap(word, quoted(word.text.removeprefix(scheme))), "The protocol stood twice.")


def _redirect(case: Case) -> "Iterator[Proposal]":
    if not any(word in ("-L", "--location") for word in case.words):
        yield Proposal(case.add("-L"), "The page has moved; -L follows it.")


def _make_folders(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.add("--create-dirs"), "The folder to write into is missing; this makes it.")


def _port(case: Case) -> "Iterator[Proposal]":
    """Another port for what is started; who has it is shown."""
    number = _number(case)
    if not number:
        return
    for word in case.simple.arguments:
        if number in word.text and int(number) < 65535:
            line = case.swap(word, quoted(word.text.replace(number, str(int(number) + 1))))
            yield Proposal(line, f"The port {number} is in use; this takes the next.")
            break
    else:
        if case.words[:2] == ["-m", "http.server"]:
            yield Proposal(case.append(str(int(number) + 1)), f"The port {number} is in use; this takes the next.")
    yield Proposal(f"lsof -i :{number}", f"The port {number} is in use; this shows by what.")


def _number(case: Case) -> str:
    """The port that is in use: as the program says, or as it was asked for."""
    for mark in ("address already in use", "Address already in use", "EADDRINUSE", "already in use", "port is already"):
        for line in case.output.splitlines():
            if mark in line:
                digits = "".join(sign if sign.isdigit() else " " for sign in line.partition("Errno")[0] or line).split()
                ports = [each for each in digits if 1 < len(each) < 6 and 79 < int(each) < 65536 and each != "127"]
                if ports:
                    return ports[-1]
    for word in case.words:
        asked = word.rpartition(":")[2].rpartition("=")[2]
        if asked.isascii() and asked.isdigit() and 79 < int(asked) < 65536:
            return asked
    return "8000" if "http.server" in case.words else ""


def _gh_login(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.before("gh auth login"), "Nobody is logged in to GitHub.")


_USE = ("ddress already in use", "EADDRINUSE", "port is already allocated", "is already in use", "Only one usage")
RULES = (
    Rule("ssh_host_key", (), ("REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed"), _host_key,
         anywhere=True),
    Rule("ssh_open_key", (), ("are too open",), _open_key, anywhere=True),
    Rule("ssh_agent", ("ssh-add",), ("Could not open a connection to your authentication agent",
                                     "Error connecting to agent"), _agent),
    Rule("ssh_no_identity", ("ssh-copy-id",), ("No identities found",), _no_identity),
    Rule("url_twice", ("curl", "wget"), ("Could not resolve host", "unable to resolve", "Bad port number",
                                         "Port number"), _twice),
    Rule("url_scheme", ("curl", "wget", "git"), ("not supported", "Unsupported scheme", "URL using bad/illegal",
                                                 "Bad URL",
                                                 "not supported or disabled", "remote helper", "resolve host",
                                                 "unable to find remote helper"), _scheme),
    Rule("curl_moved", ("curl",), ("301 Moved", "302 Found", "308 Permanent", "<title>301", "<title>302",
                                   "Moved Permanently"), _redirect),
    Rule("curl_folders", ("curl",), ("Failed to create the file", "Failed writing", "No such file or directory"),
         _make_folders),
    Rule("port_in_use", (), _USE, _port, anywhere=True),
    Rule("gh_login", ("gh",), ("gh auth login",), _gh_login),
)  # fmt: skip
