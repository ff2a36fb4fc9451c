"""`--sarif`: what the schema of SARIF 2.1.0 demands of the objects that are used here."""

import json
from typing import Any

from ant_process import Home
from ant_stub import Stub
from real_git import begin, finding, finds

# Of sarif-schema-2.1.0.json (OASIS): of each object the properties that it must have, and those that it may.
_OBJECTS: dict[str, tuple[set[str], set[str]]] = {
    "sarifLog": ({"version", "runs"}, {"$schema", "inlineExternalProperties", "properties"}),
    "run": ({"tool"}, {"invocations", "columnKind", "results", "artifacts", "originalUriBaseIds", "properties"}),
    "tool": ({"driver"}, {"extensions", "properties"}),
    "toolComponent": ({"name"}, {"semanticVersion", "version", "informationUri", "rules", "properties"}),
    "reportingDescriptor": ({"id"}, {"name", "shortDescription", "defaultConfiguration", "properties"}),
    "reportingConfiguration": (set(), {"enabled", "level", "rank", "parameters", "properties"}),
    "invocation": ({"executionSuccessful"}, {"toolExecutionNotifications", "exitCode", "properties"}),
    "notification": ({"message"}, {"level", "locations", "descriptor", "properties"}),
    "message": (set(), {"text", "markdown", "id", "arguments", "properties"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "kind", "locations", "fixes", "properties"}),
    "location": (set(), {"physicalLocation", "logicalLocations", "message", "properties"}),
    "physicalLocation": (set(), {"artifactLocation", "region", "contextRegion", "properties"}),
    "artifactLocation": (set(), {"uri", "uriBaseId", "index", "properties"}),
    "artifactContent": (set(), {"text", "binary", "rendered", "properties"}),
    "region": (set(), {"startLine", "endLine", "snippet", "properties"}),
}
_HOLDS = {
    "runs": "run", "tool": "tool", "driver": "toolComponent", "rules": "reportingDescriptor",
    "defaultConfiguration": "reportingConfiguration", "shortDescription": "message", "invocations": "invocation",
    "toolExecutionNotifications": "notification", "message": "message", "results": "result", "locations": "location",
    "physicalLocation": "physicalLocation", "artifactLocation": "artifactLocation", "region": "region",
    "snippet": "artifactContent",
}  # fmt: skip


def _demand(value: Any, kind: str) -> None:
    must, may = _OBJECTS[kind]
    assert must <= value.keys() <= must | may, kind
    for name, each in value.items():
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, dict):
                _demand(one, _HOLDS[name])
    if "level" in value:
        assert value["level"] in {"none", "note", "warning", "error"}
    if kind == "region":
        assert value["startLine"] >= 1
    if kind == "message":
        assert value["text"]


def test_it_has_the_form_of_sarif(user: Home, stub: Stub) -> None:
    repo = begin(user.work, app__py="x\n")
    repo.write("app.py", "y\n")
    repo.write("a: b%.py", "z\n")
    repo.git("add", "-A")
    stub.reply = finds(
        finding("app.py", 1, "Grave. [Click](http://evil.example)", "high", "x = 1"),
        finding("a: b%.py", 99, "Somewhere.", "low"),
        finding("gone.py", 1),
    )
    ran = user.run("review", "--staged", "--sarif", "--fail-on", "high")
    log = json.loads(ran.out)
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    _demand(log, "sarifLog")
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["high", "medium", "low"]
    first, second = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("high", 0, "error")
    assert first["message"]["text"] == "Grave. [Click] (http://evil.example)\n\nInstead:\nx = 1"
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "app.py"}, "region": {"startLine": 1, "snippet": {"text": "y"}}}
    assert second["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "a%3A%20b%25.py"}}
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_nothing_to_review_is_an_empty_run(user: Home, stub: Stub) -> None:
    begin(user.work, app__py="x\n")
    log = json.loads(user.run("review", "--sarif").out)
    _demand(log, "sarifLog")
    assert log["runs"][0]["results"] == []
    assert stub.questions == []
