"""What is written over: whether a target exists, and which programs write to which of their words."""

import os

from aniate.danger.matching import behind_options, given, pairs, without_options
from aniate.danger.words import GLOBS, UNKNOWN, has_glob, is_known, plain
from aniate.danger.wrappers import WRAPPERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SAFE_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/zero", "/dev/full")
_DEVICES = ("/dev/", "/proc/", "/sys/")
_SETTINGS = ("/etc/", "/boot/")
_MOST_GLOBS = 2
_COPIES = {
    "cp": ("S", "suffix target-directory sparse reflink"),
    "mv": ("S", "suffix target-directory"),
    "install": ("gmoSZ", "group mode owner suffix target-directory"),
    "ln": ("S", "suffix target-directory"),
    "scp": ("cFiJloPSDX", ""),
    "gcp": ("S", "suffix target-directory"),
    "gmv": ("S", "suffix target-directory"),
}
_KEEPS = ("-n", "--no-clobber", "-i", "--interactive", "-b", "--backup", "--update=none")
_OUTPUTS = {
    "curl": ("-o", "--output"), "wget": ("-O", "--output-document"), "sort": ("-o", "--output"),
    "pandoc": ("-o", "--output"), "openssl": ("-out",), "gpg": ("-o", "--output"), "iconv": ("-o", "--output"),
    "jq": ("-o",), "yt-dlp": ("-o",), "aria2c": ("-o", "--out"), "tar": ("-f", "--file"),
    "shuf": ("-o", "--output"), "tcpdump": ("-w",), "xmllint": ("-o", "--output"), "dot": ("-o",),
    "age": ("-o", "--output"), "protoc": ("-o",), "bison": ("-o", "--output"), "flex": ("-o", "--outfile"),
    "rsvg-convert": ("-o", "--output"), "inkscape": ("-o",),
    "pg_dump": ("-f", "--file"), "pg_dumpall": ("-f", "--file"), "mysqldump": ("-r", "--result-file"),
    "genisoimage": ("-o",), "mkisofs": ("-o",), "xorriso": ("-o",),
    "strace": ("-o", "--output"), "ltrace": ("-o", "--output"), "time": ("-o", "--output"),
    "docker": ("-o", "--output"), "podman": ("-o", "--output"), "http": ("-o", "--output"),
    "gs": ("-sOutputFile", "-o"),
    "tsc": ("--outFile", "--outfile"), "esbuild": ("--outfile",),
}  # fmt: skip
_COMPILERS = frozenset(
    ("gcc", "g++", "cc", "c++", "clang", "clang++", "cpp", "tcc", "icc", "nvcc", "mpicc", "mpicxx", "emcc", "gfortran",
     "ld", "ld.lld", "lld", "mold", "gold", "as", "nasm", "yasm", "go", "rustc", "ghc", "ocamlopt", "ocamlc", "gdc",
     "ldc2", "gnatmake", "swiftc", "kotlinc", "crystal", "nim", "fpc", "valac", "strip", "windres", "zig")
)  # fmt: skip
"""Programs with `-o FILE`, of whose other options the letters mean nothing one by one."""
_CONTAINERS = ("docker", "podman", "nerdctl", "kubectl", "oc")
_SECOND = {"uniq": "fsw", "xxd": "closgR", "pdftotext": "flrHxyW", "objcopy": "IOFjRNKBs", "lessc": "", "sass": "I",
           "wkhtmltopdf": "sOTBLR", "wkhtmltoimage": "", "ps2pdf": "", "pdftops": "", "pdfcrop": ""}  # fmt: skip
"""Programs that write to the second of their files, and the letters of their options that have a value."""
_LAST = {"ffmpeg": "-y", "convert": "", "magick": "", "sponge": "", "sox": ""}
"""Programs that write to their last word, and the option that lets them write over it."""
_UNREAD = "may write over a file: its name is only known when it runs"


def over(target: str, folders: "Iterable[str]", adds: bool = False) -> str:
    """Why writing to `target` is dangerous, or the empty string. `folders` are where the command may be by then."""
    path = plain(target)
    if path.startswith(_DEVICES):
        safe = path in _SAFE_DEVICES or path.startswith("/dev/fd/")
        return "" if safe else f"writes to the device {path.replace(UNKNOWN, '…')}"
    if path.startswith(_SETTINGS) or os.path.basename(path) == "authorized_keys":
        return f"writes to {path.replace(UNKNOWN, '…')}, by which the machine is set up or entered"
    if adds:
        return ""
    if target.startswith(UNKNOWN):
        return _UNREAD
    for folder in folders:
        if UNKNOWN in folder and not path.startswith("/"):
            return _UNREAD
        if any(not os.path.isdir(found) for found in matching(os.path.join(folder, target))):
            return f"writes over {path.replace(UNKNOWN, '…')}"
    return ""


def matching(pattern: str) -> "list[str]":
    """The files whose names fit, where globs and what is unknown fit anything."""
    if not has_glob(pattern) and is_known(pattern):
        path = plain(pattern)
        return [path] if os.path.lexists(path) else []
    from glob import escape, iglob
    from itertools import islice

    if sum(has_glob(part) or not is_known(part) for part in pattern.split("/")) > _MOST_GLOBS:
        return [plain(pattern)]  # looking for them could take for ever
    parts = {GLOBS[0]: "*", GLOBS[1]: "?", GLOBS[2]: "[", UNKNOWN: "*"}
    spelled = "".join(parts.get(letter) or escape(plain(letter)) for letter in pattern)
    return list(islice(iglob(spelled), 1000))


def targets(name: str, words: "Sequence[str]") -> "list[str]":
    """The files that `name WORDS…` writes anew; not those of `cp` and its like, which is `copied`."""
    if name == "tee":
        return [] if appends(words) else without_options(words)
    if name == "dd":
        return [word[3:] for word in words if word.startswith("of=")]
    if name == "rsync":  # into a folder it is a copy that is brought up to date
        tries = given(words, "-n", "eTBfM") or given(words, "--dry-run")
        return [word for word in words[-1:] if not tries and ":" not in word]
    if name.rstrip("0123456789.-").rpartition("-")[2] in _COMPILERS:
        return [word[2:] or after for word, after in pairs(words) if word.startswith("-o") and word[:3] != "-o="]
    if name in WRAPPERS:  # what stands behind its own words is another program's
        words = words[: len(words) - len(behind_options(words, WRAPPERS[name]))]
    if name in ("split", "csplit"):
        return _pieces(name, words)
    if name == "script":
        return (
            without_options(words, "cEIOoBTm", ("command", "log-io", "log-out"))[-1:] if not given(words, "-a") else []
        )
    if name in _SECOND:
        return without_options(words, _SECOND[name])[1:2]
    if name in _CONTAINERS and "cp" in words:
        return [word for word in words[-1:] if ":" not in word]
    if name == "tar":
        words = [*(word if word.startswith("-") else "-" + word for word in words[:1]), *words[1:]]
        return _values(words, _OUTPUTS[name]) if given(words, "-c", "f") or given(words, "--create") else []
    if name in _LAST and words and (not _LAST[name] or given(words, _LAST[name])):
        return list(words[-1:])
    return [target for target in _values(words, _OUTPUTS.get(name, ())) if target != "-"]


def appends(words: "Sequence[str]") -> bool:
    """Whether `tee WORDS…` adds to its files."""
    return given(words, "-a") or given(words, "--append")


def _pieces(name: str, words: "Sequence[str]") -> "list[str]":
    """The files into which one is split, whatever their last two letters are."""
    rest = without_options(words, "abClntfN" if name == "split" else "fbn", ("bytes", "lines", "number", "prefix"))
    prefix = rest[1:2] or ["x"] if name == "split" else _values(words, ("-f", "--prefix")) or ["xx"]
    return [prefix[0] + GLOBS[1] * 2]


def downloads(name: str, words: "Sequence[str]") -> "list[str]":
    """The files that a download makes, by the names that they have where they come from."""
    if name == "wget" or (name == "curl" and (given(words, "-O", "oHXdu") or given(words, "--remote-name-all"))):
        return [plain(word).rstrip("/").rpartition("/")[2] for word in words if "/" in word]
    return []


def _values(words: "Sequence[str]", options: "Sequence[str]") -> "list[str]":
    """What is given for any of the options: `-o x`, `-ox`, `-sSo x`, `--output=x`."""
    values = []
    for word, after in pairs(words):
        for option in options:
            if option.startswith("--") or len(option) > 2:  # a dash and a letter
                if word == option:
                    values.append(after)
                elif word.startswith(option + "="):
                    values.append(word.partition("=")[2])
            elif word.startswith("-") and not word.startswith("--") and option[1] in word:
                values.append(word.partition(option[1])[2] or after)
    return values


def copied(name: str, words: "Sequence[str]", folders: "Sequence[str]") -> "list[str]":
    """Why `cp`, `mv` and their like write over something."""
    if name not in _COPIES:
        return []
    letters, longs = _COPIES[name]
    if _keeps(name, words, letters + "t"):
        return []
    if name == "ln" and not given(words, "-f") and not given(words, "--force"):
        return []
    named = _values(words, ("-t", "--target-directory")) if name != "scp" else []
    plain_words = without_options(words, letters + ("t" if name != "scp" else ""), longs.split())
    sources, target = (plain_words, named[0]) if named else (plain_words[:-1], (plain_words or [""])[-1])
    if name == "ln" and len(plain_words) == 1:
        sources, target = plain_words, "."
    if sources and name == "scp" and ":" in target:
        reason = over(target.partition(":")[2], (), adds=True)
        return [f"{name} {reason} there"] if reason else []
    if not sources:
        return []
    if name == "mv" and plain(target).startswith("/dev/"):
        return ["mv loses what is moved there"]
    return list(dict.fromkeys(reason for folder in folders for reason in _into(name, sources, target, folder)))


def _keeps(name: str, words: "Sequence[str]", letters: str) -> bool:
    """Whether nothing is written over unasked. For `ln` and `scp` some of the letters mean other things."""
    if name == "scp" or (name == "mv" and (given(words, "-f", letters) or given(words, "--force", letters))):
        return False
    return any(given(words, option, letters) for option in _KEEPS if name != "ln" or option != "-n")


def _into(name: str, sources: "Sequence[str]", target: str, folder: str) -> "list[str]":
    """Why copying the sources to the target is dangerous, in this folder."""
    if not os.path.isdir(os.path.join(folder, plain(target))):
        reason = over(target, [folder])
        return [f"{name} {reason}"] if reason else []
    if not all(map(is_known, sources)):
        return [f"{name} {_UNREAD}"]
    for source in (word.rpartition(":")[2] if name == "scp" else word for word in sources):
        for path in matching(os.path.join(folder, source)) or [plain(source)]:
            reason = over(os.path.join(target, os.path.basename(path.rstrip("/"))), [folder])
            inside = os.path.join(folder, plain(target), os.path.basename(path.rstrip("/")))
            if reason or os.path.isdir(inside):  # also `a/.`, all that is in a
                return [f"{name} {reason or 'may write over files in ' + plain(target)}"]
    return []
