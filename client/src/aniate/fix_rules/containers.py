"""docker and kubectl, and what is like them."""

from aniate.fix_rules import near
from aniate.fix_rules.command_line import joined, quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCKER = ("attach", "build", "builder", "commit", "compose", "container", "context", "cp", "create", "diff", "events",
           "exec", "export", "history", "image", "images", "import", "info", "inspect", "kill", "load", "login",
           "logout",
           "logs", "network", "pause", "port", "ps", "pull", "push", "rename", "restart", "rm", "rmi", "run", "save",
           "search", "start", "stats", "stop", "system", "tag", "top", "unpause", "update", "version", "volume",
           "wait")  # fmt: skip
_COMPOSE = ("build", "config", "down", "exec", "images", "kill", "logs", "ls", "pause", "port", "ps", "pull", "push",
            "restart", "rm", "run", "start", "stop", "top", "unpause", "up", "version")  # fmt: skip
_KUBECTL = ("annotate", "api-resources", "apply", "attach", "auth", "autoscale", "cluster-info", "config", "cordon",
            "cp",
            "create", "delete", "describe", "diff", "drain", "edit", "exec", "explain", "expose", "get", "label",
            "logs",
            "patch", "port-forward", "proxy", "replace", "rollout", "run", "scale", "set", "taint", "top", "uncordon",
            "version", "wait")  # fmt: skip
_RESOURCES = ("pods", "services", "deployments", "nodes", "namespaces", "configmaps", "secrets", "ingresses", "jobs",
              "cronjobs", "daemonsets", "statefulsets", "replicasets", "events", "endpoints", "pod", "service",
              "deployment", "node", "namespace", "configmap", "secret", "ingress", "job", "persistentvolumeclaims",
              "persistentvolumes", "serviceaccounts", "roles", "rolebindings")  # fmt: skip


def _docker_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between("docker: '", "' is not a docker command") or case.between("unknown command: docker ", "\n")
    for name in near.near(typed, _DOCKER):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"docker knows no `{typed}`, but `{name}`.")


def _compose_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between('unknown docker command: "compose ', '"') or case.between("No such command: ", "\n")
    for name in near.near(typed, _COMPOSE):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"compose knows no `{typed}`, but `{name}`.")


def _daemon(case: Case) -> "Iterator[Proposal]":
    from sys import platform

    if platform == "darwin":
        yield Proposal(case.before("open -a Docker"), "Docker is not running; this starts it.")
    else:
        line = case.before("sudo systemctl start docker")
        yield Proposal(line, "Docker's daemon is not running; this starts it, as root.")


def _socket(case: Case) -> "Iterator[Proposal]":
    start = case.simple.words[case.simple.at].start
    if "sudo" not in case.line:
        yield Proposal(
            f"{case.line[:start]}sudo {case.line[start:]}", "You may not speak to Docker; sudo does so as root."
        )


def _name_in_use(case: Case) -> "Iterator[Proposal]":
    name = case.between('The container name "/', '"')
    if name:
        yield Proposal(f"docker start {quoted(name)}", f"There is a container {name}; this starts it.")
        line = case.before(f"docker rm {quoted(name)}")
        yield Proposal(line, f"This deletes the old {name} first, with all that is in it.")


def _running(case: Case) -> "Iterator[Proposal]":
    names = [word for word in case.words[1:] if not word.startswith("-")]
    if names:
        line = case.before(joined(["docker", "stop", *names]))
        yield Proposal(line, "The container is running; this stops it first.")


def _image_used(case: Case) -> "Iterator[Proposal]":
    container = (case.between("container ", " is using") + " ").split(" ")[0]
    if container.isalnum():
        yield Proposal(case.before(f"docker rm {container}"), "A stopped container uses the image; it goes first.")


def _no_context(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["build"] or case.words[:2] == ["buildx", "build"]:
        yield Proposal(case.append("."), "The folder to build is missing; . is this one.")


def _kubectl_word(case: Case) -> "Iterator[Proposal]":
    typed = case.between('unknown command "', '"')
    for name in near.near(typed, _KUBECTL):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"kubectl knows no `{typed}`, but `{name}`.")


def _resource(case: Case) -> "Iterator[Proposal]":
    typed = case.between('have a resource type "', '"')
    for name in near.near(typed, _RESOURCES):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no kind `{typed}`, but `{name}`.")


def _namespace(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] in (["get"], ["describe"]) and not {"-A", "-n", "--all-namespaces"} & set(case.words):
        yield Proposal(case.append("-A"), "Nothing in this namespace; -A looks into all.")


def _terraform_init(case: Case) -> "Iterator[Proposal]":
    yield Proposal(case.before(f"{case.program} init"), "This folder is not made ready yet.")


_DOCKERS = ("docker", "docker-compose", "podman")
RULES = (
    Rule("docker_daemon", _DOCKERS, ("Cannot connect to the Docker daemon", "Is the docker daemon running"), _daemon,
         anywhere=True),
    Rule("docker_socket", _DOCKERS, ("permission denied while trying to connect",), _socket),
    Rule("docker_word", ("docker", "podman"), ("is not a docker command", "unknown command: docker"), _docker_word),
    Rule("compose_word", _DOCKERS, ("unknown docker command: \"compose", "No such command:"), _compose_word),
    Rule("docker_name", _DOCKERS, ("is already in use by container",), _name_in_use),
    Rule("docker_running", _DOCKERS, ("cannot remove a running container", "container is running: stop",
                                      "cannot remove container"), _running),
    Rule("docker_image_used", _DOCKERS, ("image is being used by stopped container", "is using its referenced image"),
         _image_used),
    Rule("docker_context", _DOCKERS, ("requires exactly 1 argument", "requires 1 argument"), _no_context),
    Rule("kubectl_word", ("kubectl", "oc", "k"), ("unknown command",), _kubectl_word),
    Rule("kubectl_resource", ("kubectl", "oc", "k"), ("have a resource type",), _resource),
    Rule("kubectl_namespace", ("kubectl", "oc", "k"), ("No resources found",), _namespace),
    Rule("terraform_init", ("terraform", "tofu"), ("terraform init", "tofu init"), _terraform_init),
)  # fmt: skip
