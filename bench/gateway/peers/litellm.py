"""LiteLLM's proxy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench import venvs
from bench.gateway.peers.peer import NotHere

PINS = venvs.REQUIREMENTS / "bench-gateway.txt"
PLACE = venvs.BUILD / "gateway" / "litellm"
KEY = "sk-bench"
SETTINGS = """\
model_list:
  - model_name: stub
    litellm_params:
      model: openai/stub
      api_base: http://127.0.0.1:{upstream}/v1
      api_key: bench
general_settings:
  master_key: {key}
litellm_settings:
  telemetry: false
"""
VERSION = "from importlib.metadata import version; print(version('litellm'))"


class LiteLLM:
    """One worker with a master key and one model; no database, no Redis, no log."""

    name = "LiteLLM"
    how = (
        "one uvicorn worker, a master key, one `openai/` model, log at ERROR, its Rust core switched on (which leaves"
        " models of this kind to Python), its list of prices read from its package; no database and no Redis"
    )
    patience = 3.0

    def install(self) -> str:
        """Install as it is pinned."""
        if sys.version_info < (3, 11):
            raise NotHere("its pins are for Python 3.11 and later")
        try:
            programs = venvs.install_pinned(PLACE, PINS)
        except subprocess.CalledProcessError:
            raise NotHere("pip could not install it as it is pinned") from None
        asked = subprocess.run([programs / "python", "-c", VERSION], capture_output=True, text=True, check=True)
        return asked.stdout.strip()

    def command(self, folder: Path, port: int, upstream: int) -> list[str]:
        settings = folder / "config.yaml"
        settings.write_text(SETTINGS.format(upstream=upstream, key=KEY))
        listening = ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
        return [str(PLACE / "bin" / "litellm"), "--config", str(settings), *listening]

    def environment(self) -> dict[str, str]:
        return {
            "LITELLM_LOG": "ERROR",
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_RUST": "true",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }

    def headers(self, upstream: int) -> list[str]:  # noqa: ARG002 - as every peer
        return [f"authorization: Bearer {KEY}"]
