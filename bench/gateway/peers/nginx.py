"""nginx as a bare reverse proxy: it reads nothing and knows nobody, so it is the floor of what a hop costs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bench import venvs
from bench.gateway.peers.peer import NotHere

PLACE = venvs.BUILD / "gateway" / "nginx"
SETTINGS = """\
daemon off;
worker_processes 1;
{user}
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  upstream stub {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://stub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


class Nginx:
    """One worker, kept connections on both sides, no buffering, no log."""

    name = "nginx"
    how = "one worker, no log, connections kept on both sides, answers passed on as they come"
    patience = 1.0

    def install(self) -> str:
        """The machine's own; else Debian's package, unpacked for us alone: nothing is installed or started."""
        if self.program() is None:
            unpack()
        done = subprocess.run([str(self.program()), "-v"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotHere(f"Debian's nginx does not run here: {done.stderr.strip()[:200]}")
        return done.stderr.strip().rpartition("/")[2]

    def program(self) -> Path | None:
        """Where it is."""
        own = PLACE / "usr" / "sbin" / "nginx"
        found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        return Path(found) if found else own if own.exists() else None

    def command(self, folder: Path, port: int, upstream: int) -> list[str]:
        user = "user root;" if os.geteuid() == 0 else ""  # else its worker may not enter our folder
        settings = folder / "nginx.conf"
        settings.write_text(SETTINGS.format(user=user, port=port, upstream=upstream))
        return [str(self.program()), "-p", str(folder), "-e", "stderr", "-c", str(settings)]

    def environment(self) -> dict[str, str]:
        return {}

    def headers(self, upstream: int) -> list[str]:  # noqa: ARG002 - as every peer
        return []


def unpack() -> None:
    """Fetch the package with apt, which checks its signature, and unpack it."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NotHere("there is no nginx here, and no apt-get to bring it")
    PLACE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["apt-get", "download", "-qq", "nginx"], cwd=PLACE, capture_output=True, text=True, check=False
    )
    packages = sorted(PLACE.glob("nginx_*.deb"))
    if done.returncode or not packages:
        raise NotHere("there is no nginx here, and apt-get does not bring it (apt-get update first?)")
    subprocess.run(["dpkg-deb", "-x", str(packages[-1]), str(PLACE)], check=True)
