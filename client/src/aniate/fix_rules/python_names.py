"""Modules of Python: in which package each is, where the names differ; and those that Python itself has."""

DISTRIBUTIONS = {
    "sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml", "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv", "dateutil": "python-dateutil", "skimage": "scikit-image", "Crypto": "pycryptodome",
    "jwt": "pyjwt", "serial": "pyserial", "usb": "pyusb", "MySQLdb": "mysqlclient",
    "docx": "python-docx", "pptx": "python-pptx", "magic": "python-magic", "git": "gitpython", "github": "pygithub",
    "telegram": "python-telegram-bot", "discord": "discord.py", "attr": "attrs", "fitz": "pymupdf",
    "OpenSSL": "pyopenssl",
    "zmq": "pyzmq", "gi": "pygobject", "wx": "wxpython", "pkg_resources": "setuptools", "google.protobuf": "protobuf",
    "websocket": "websocket-client", "slugify": "python-slugify", "markdown": "markdown", "ldap": "python-ldap",
    "win32api": "pywin32", "mpl_toolkits": "matplotlib", "pylab": "matplotlib", "rest_framework": "djangorestframework",
    "faiss": "faiss-cpu", "jose": "python-jose", "nacl": "pynacl", "snappy": "python-snappy", "memcache": "pymemcache",
}  # fmt: skip

STANDARD = (
    "abc", "argparse", "array", "ast", "asyncio", "base64", "bisect", "calendar", "cmath", "cmd", "codecs",
    "collections",
    "configparser", "contextlib", "copy", "csv", "ctypes", "curses", "dataclasses", "datetime", "decimal", "difflib",
    "dis", "doctest", "email", "enum", "errno", "fnmatch", "fractions", "functools", "gc", "getpass", "glob", "gzip",
    "hashlib", "heapq", "hmac", "html", "http", "http.server", "importlib", "inspect", "io", "ipaddress", "itertools",
    "json", "json.tool", "keyword", "locale", "logging", "math", "mimetypes", "multiprocessing", "operator", "os",
    "pathlib", "pdb", "pickle", "platform", "pprint", "profile", "queue", "random", "re", "readline", "sched",
    "secrets",
    "select", "shlex", "shutil", "signal", "site", "smtplib", "socket", "sqlite3", "ssl", "stat", "statistics",
    "string",
    "struct", "subprocess", "sys", "tarfile", "tempfile", "textwrap", "threading", "time", "timeit", "tkinter", "token",
    "trace", "traceback", "tracemalloc", "turtle", "types", "typing", "unicodedata", "unittest", "urllib", "uuid",
    "venv",
    "warnings", "weakref", "xml", "zipfile", "zlib", "zoneinfo",
)  # fmt: skip
