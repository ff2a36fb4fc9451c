"""The local model as a process of its own: `python -m …model_process WEIGHTS`, key in the environment.

It says one line of JSON on stdout, `{"base_url": …}` or `{"error": one sentence}`, and lives until its
stdin ends, so that it dies with whoever started it. It speaks the OpenAI chat protocol on loopback.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

KEY_VARIABLE = "ANIATE_LOCAL_KEY"
ALIAS = "local"
SLOTS = 3
CONTEXT_TOKENS = 4096
"""For each slot; the `inference.models` row of the local model says the same."""
MAX_THREADS = 4


def main(argv: list[str]) -> int:
    """Load the weights, say where the model listens, serve until stdin ends."""
    try:
        server = serve(Path(argv[0]), os.environ.pop(KEY_VARIABLE))
    except CannotServe as refusal:
        say({"error": str(refusal)})
        return 1
    say({"base_url": f"{server.listening_address}/v1"})
    sys.stdin.buffer.read()
    sys.stderr.flush()
    os._exit(0)  # its destructor waits for a running answer; nobody is left to read one


class CannotServe(Exception):
    """One sentence why this machine or these weights will not do."""


def serve(weights: Path, key: str):  # type: ignore[no-untyped-def]  # the library has no types
    """The running server; its threads do the work."""
    if lacks_avx2():
        raise CannotServe("The local model needs a processor with AVX2, which this machine does not have.")
    try:
        import xllamacpp  # type: ignore[import-untyped]  # has none
    except ImportError as missing:
        raise CannotServe(f"The local model's library cannot be loaded ({missing}).") from missing
    try:
        return xllamacpp.Server(parameters(xllamacpp.CommonParams(), weights, key))
    except RuntimeError as refused:
        raise CannotServe(f"The local model cannot be loaded from {weights}: {refused}.") from refused


def parameters(params, weights: Path, key: str):  # type: ignore[no-untyped-def]  # as above
    """Every setting whose default would be wrong for us is set here."""
    params.model.path = str(weights)
    params.model_alias = {ALIAS}
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys = [key]
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_TOKENS  # is split evenly between the slots
    params.kv_unified = False  # one long request would eat the other slot's context
    params.fit_params = False  # would shrink the context silently on a full machine
    params.n_batch = params.n_ubatch = 256  # a cancel is noticed between batches
    params.n_predict = CONTEXT_TOKENS  # the default is endless
    params.cache_ram_mib, params.cache_idle_slots = 0, False  # the default takes up to 8 GB of memory
    params.cors_origins, params.cors_credentials = "", False  # no web page may ask it
    params.ui = params.ui_mcp_proxy = params.endpoint_slots = False
    params.offline, params.n_gpu_layers = True, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    params.verbosity = 1  # errors only: at higher levels it writes prompts to the log
    return params


def threads() -> int:
    """As many as there are processors that we may use, within reason."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(MAX_THREADS, usable or 1)


def lacks_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether importing the library would end in an illegal instruction (only x86 on Linux can tell)."""
    if platform.machine() not in ("x86_64", "AMD64") or not cpuinfo.exists():
        return False
    return " avx2" not in cpuinfo.read_text()


def say(line: dict[str, str]) -> None:
    """One line of JSON to whoever started us."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
