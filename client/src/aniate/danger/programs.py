"""Which programs do harm whatever they are told, which by an option, and which by a word. Data alone.

A reason reads on after the program's name: "rm" + "deletes files".
"""

DELETES = "deletes files"
_DISK = "changes disks"
_ENDS = "ends processes"
_STOPS = "stops the machine"
_USERS = "changes who may log in"
_REMOVES = "removes packages"
_RIGHTS = "changes many files' permissions"
_DATA = "deletes data"
_REMOTE = "deletes what others may use"
_SERVICE = "stops services"
_NETWORK = "changes the network's rules"

ALWAYS = {
    **dict.fromkeys(("rm", "rmdir", "unlink", "shred", "srm", "wipe", "trash", "trash-put", "zf_rm"), DELETES),
    **dict.fromkeys(
        ("trash-empty", "bleachbit", "rmtrash", "del", "erase", "rd", "zf_rmdir", "rimraf", "del-cli"), DELETES
    ),
    "truncate": "cuts files",
    **dict.fromkeys(("mkswap", "wipefs", "blkdiscard", "cfdisk", "sgdisk", "gdisk", "pvremove"), _DISK),
    **dict.fromkeys(("vgremove", "lvremove", "lvreduce", "mdadm", "tune2fs", "resize2fs", "badblocks"), _DISK),
    **dict.fromkeys(("swapoff", "partprobe", "newfs", "pvcreate", "vgreduce", "ddrescue", "sg_format"), _DISK),
    **dict.fromkeys(("pkill", "killall", "killall5", "xkill", "skill", "slay"), _ENDS),
    **dict.fromkeys(("shutdown", "reboot", "halt", "poweroff", "telinit", "kexec"), _STOPS),
    **dict.fromkeys(("userdel", "groupdel", "deluser", "delgroup", "usermod", "passwd", "chpasswd", "visudo"), _USERS),
    **dict.fromkeys(("vipw", "vigr", "dscl", "sysadminctl", "useradd", "adduser", "gpasswd"), _USERS),
    **dict.fromkeys(("dropdb", "dropuser"), _DATA),
    **dict.fromkeys(("rmmod", "insmod", "modprobe"), "changes the kernel"),
    **dict.fromkeys(("debugfs", "xfs_repair", "e2fsck", "zerofree"), _DISK),
    "mogrify": "writes over files",
    **dict.fromkeys(("fdisk", "sfdisk"), _DISK),
    "chattr": "changes what may be changed",
    "rename": "may move files over others",
    "fc": "runs what was typed before",
    "zargs": "runs what can't be read",
    "setcap": "lets a program run with its owner's rights",
    "sudoedit": "gives the command all rights",
    **dict.fromkeys(("dos2unix", "unix2dos", "mac2unix"), "writes over files"),
    **dict.fromkeys(("tmpreaper", "tmpwatch"), DELETES),
}
"""Programs that are dangerous with any arguments but a question for help."""

BEGINNINGS = {
    "mkfs": _DISK,
    "mke2fs": _DISK,
    "mkdosfs": _DISK,
    "mkntfs": _DISK,
    "mkexfat": _DISK,
    "fsck": _DISK,
    "newfs_": _DISK,
    "ld-linux": "runs a program",
    "ld-musl": "runs a program",
}
"""The same, by how the name begins."""

NOT_WITH = {
    "fdisk": ("-l", "--list", "-x"),
    "sfdisk": ("-l", "--list", "-d", "--dump", "-J"),
    "wipefs": ("-n", "--no-act"),
    "fc": ("-l", "-lr", "-rl"),
    "mdadm": ("--detail", "--examine", "-D", "-E", "--query", "-Q"),
    "sgdisk": ("-p", "--print"),
    "gdisk": ("-l",),
    "tune2fs": ("-l",),
    "rename": ("-n", "--nono", "--no-act", "-i", "--interactive", "-o", "--no-overwrite"),
    "shutdown": ("-c",),
    "passwd": ("-S", "--status"),
}
"""What makes one of those harmless where it stands first."""

OPTIONS = {
    "find": {"-delete": DELETES, "-fprint": "writes files", "-fprint0": "writes files", "-fprintf": "writes files",
             "-fls": "writes files"},
    "rsync": {"--delete": DELETES, "--delete-after": DELETES, "--delete-before": DELETES, "--del": DELETES,
              "--delete-during": DELETES, "--delete-delay": DELETES, "--delete-excluded": DELETES,
              "--remove-source-files": DELETES, "--inplace": "writes over files", "--delete-missing-args": DELETES},
    "sed": {"-i": "writes over files", "--in-place": "writes over files"},
    "gsed": {"-i": "writes over files", "--in-place": "writes over files"},
    "tar": {"--delete": "deletes from the archive", "--remove-files": DELETES, "--overwrite": "writes over files",
            "--recursive-unlink": DELETES, "--unlink-first": DELETES, "-U": DELETES, "--to-command": "runs a program",
            "--checkpoint-action": "runs a program", "--use-compress-program": "runs a program",
            "-I": "runs a program", "-F": "runs a program", "--info-script": "runs a program",
            "--rsh-command": "runs a program"},
    "zip": {"-d": "deletes from the archive", "--delete": "deletes from the archive", "-m": DELETES,
            "--move": DELETES, "-TT": "runs a program"},
    "unzip": {"-o": "writes over files"},
    "7z": {"-sdel": DELETES, "-aoa": "writes over files", "-y": "may write over files"},
    "gzip": {"-f": "writes over files", "--force": "writes over files"},
    "gunzip": {"-f": "writes over files", "--force": "writes over files"},
    "bzip2": {"-f": "writes over files", "--force": "writes over files"},
    "xz": {"-f": "writes over files", "--force": "writes over files"},
    "zstd": {"-f": "writes over files", "--force": "writes over files", "--rm": DELETES},
    "pacman": {"-R": _REMOVES, "--remove": _REMOVES},
    "print": {"-P": "runs what stands in prompts"},
    "yq": {"-i": "writes over files", "--inplace": "writes over files", "--in-place": "writes over files"},
    "fdupes": {"-d": DELETES, "--delete": DELETES},
    "jdupes": {"-d": DELETES, "--delete": DELETES},
    "logrotate": {"-f": "writes over files", "--force": "writes over files"},
    "fallocate": {"-p": "cuts files", "--punch-hole": "cuts files", "-c": "cuts files",
                  "--collapse-range": "cuts files", "-z": "cuts files", "--zero-range": "cuts files"},
    "hg": {"-C": "throws away work that is not committed", "--clean": "throws away work that is not committed"},
    "enable": {"-f": "loads code into the shell"},
    "aws": {"--delete": _REMOTE},
    "crontab": {"-r": "deletes your jobs"},
    "fuser": {"-k": _ENDS, "--kill": _ENDS},
    "patch": {"-f": "changes files"},
    "iptables": {"-F": _NETWORK, "--flush": _NETWORK, "-X": _NETWORK, "-D": _NETWORK, "-P": _NETWORK,
                 "--delete": _NETWORK, "--policy": _NETWORK},
    "ip6tables": {"-F": _NETWORK, "--flush": _NETWORK, "-X": _NETWORK, "-D": _NETWORK, "-P": _NETWORK},
    "dpkg": {"-r": _REMOVES, "-P": _REMOVES, "--remove": _REMOVES, "--purge": _REMOVES},
    "rpm": {"-e": _REMOVES, "--erase": _REMOVES},
    "history": {"-c": "deletes the history", "-d": "deletes from the history", "-w": "writes over the history"},
    "setfacl": {"-R": _RIGHTS, "--recursive": _RIGHTS, "-b": _RIGHTS, "--remove-all": _RIGHTS},
    "pg_restore": {"--clean": _DATA, "-c": _DATA},
    "hdparm": {"--security-erase": _DISK, "--trim-sector-ranges": _DISK, "--write-sector": _DISK},
    "nc": {"-e": "hands a shell to the network", "-c": "hands a shell to the network"},
    "ncat": {"-e": "hands a shell to the network", "-c": "hands a shell to the network", "--exec": "runs a program",
             "--sh-exec": "runs a program"},
    "netcat": {"-e": "hands a shell to the network", "-c": "hands a shell to the network"},
    "exiftool": {"-overwrite_original": "writes over files", "-delete_original": DELETES},
    "journalctl": {"--vacuum-size": "deletes logs", "--vacuum-time": "deletes logs", "--vacuum-files": "deletes logs",
                   "--rotate": "deletes logs"},
    "rclone": {"--delete-excluded": _REMOTE},
    "umount": {"-a": _DISK, "--all": _DISK, "-l": _DISK, "--lazy": _DISK, "-f": _DISK, "--force": _DISK},
    "vboxmanage": {"--delete": _DATA},
    "prisma": {"--force-reset": _DATA, "--accept-data-loss": _DATA},
    "nix-collect-garbage": {"-d": _DATA, "--delete-old": _DATA, "--delete-older-than": _DATA},
}  # fmt: skip
"""Programs that are dangerous with an option."""

LONG_BY_ONE_DASH = ("find", "exiftool", "terraform", "tofu", "openssl", "java", "7z")
"""Programs whose options are words behind one dash, so that their letters mean nothing one by one."""

_SYSTEMD = "isolate kexec soft-reboot set-default revert"

WORDS = {
    "apt": ("remove purge autoremove autopurge", _REMOVES),
    "apt-get": ("remove purge autoremove autopurge", _REMOVES),
    "aptitude": ("remove purge", _REMOVES),
    "dnf": ("remove erase autoremove", _REMOVES),
    "yum": ("remove erase autoremove", _REMOVES),
    "zypper": ("remove rm", _REMOVES),
    "apk": ("del", _REMOVES),
    "brew": ("uninstall remove rm autoremove untap cleanup", _REMOVES),
    "port": ("uninstall", _REMOVES),
    "snap": ("remove", _REMOVES),
    "flatpak": ("uninstall remove", _REMOVES),
    "pip": ("uninstall", _REMOVES),
    "pip3": ("uninstall", _REMOVES),
    "uv": ("uninstall remove clean", _REMOVES),
    "pipx": ("uninstall uninstall-all", _REMOVES),
    "conda": ("remove uninstall clean", _REMOVES),
    "npm": ("uninstall un remove rm r unlink unpublish deprecate", _REMOVES),
    "yarn": ("remove", _REMOVES),
    "pnpm": ("remove rm uninstall un unpublish", _REMOVES),
    "gem": ("uninstall yank cleanup", _REMOVES),
    "cargo": ("uninstall yank clean", _REMOVES),
    "poetry": ("remove", _REMOVES),
    "rustup": ("uninstall", _REMOVES),
    "nix-env": ("--uninstall -e", _REMOVES),
    "docker": ("rm rmi prune kill stop remove down leave", _DATA),
    "podman": ("rm rmi prune kill stop remove down reset", _DATA),
    "docker-compose": ("rm down kill stop", _DATA),
    "nerdctl": ("rm rmi prune kill stop remove down", _DATA),
    "kubectl": ("delete drain replace scale patch cordon taint undo --prune", "changes what runs in the cluster"),
    "oc": ("delete drain replace scale patch", "changes what runs in the cluster"),
    "helm": ("uninstall delete del un rollback", "changes what runs in the cluster"),
    "terraform": ("destroy apply taint force-unlock rm", "changes what is deployed"),
    "tofu": ("destroy apply taint force-unlock rm", "changes what is deployed"),
    "pulumi": ("destroy up rm", "changes what is deployed"),
    "cdk": ("destroy deploy", "changes what is deployed"),
    "serverless": ("remove", "changes what is deployed"),
    "vagrant": ("destroy", _DATA),
    "virsh": ("destroy undefine", _DATA),
    "heroku": ("apps:destroy pg:reset addons:destroy destroy", _REMOTE),
    "fly": ("destroy delete", _REMOTE),
    "flyctl": ("destroy delete", _REMOTE),
    "gh": ("delete archive remove", _REMOTE),
    "glab": ("delete", _REMOTE),
    "aws": ("rm rb mv remove-object", _REMOTE),
    "gsutil": ("rm rb mv", _REMOTE),
    "bq": ("rm", _REMOTE),
    "gcloud": ("delete remove", _REMOTE),
    "az": ("delete remove purge", _REMOTE),
    "doctl": ("delete destroy", _REMOTE),
    "rclone": ("delete purge sync move moveto deletefile rmdir rmdirs cleanup dedupe", _REMOTE),
    "s3cmd": ("del rb rm sync", _REMOTE),
    "mc": ("rm rb", _REMOTE),
    "systemctl": (f"stop disable mask kill poweroff reboot halt rescue emergency {_SYSTEMD}", _SERVICE),
    "service": ("stop", _SERVICE),
    "rc-service": ("stop", _SERVICE),
    "launchctl": ("unload remove bootout kill reboot disable", _SERVICE),
    "supervisorctl": ("stop shutdown remove", _SERVICE),
    "pm2": ("stop delete kill", _SERVICE),
    "init": ("0 1 6 s S", _STOPS),
    "ufw": ("disable reset delete", _NETWORK),
    "nft": ("flush delete destroy", _NETWORK),
    "ip": ("del delete flush down", _NETWORK),
    "firewall-cmd": ("--panic-on", _NETWORK),
    "zfs": ("destroy rollback", _DISK),
    "zpool": ("destroy labelclear remove", _DISK),
    "btrfs": ("delete", _DISK),
    "nvme": ("format sanitize", _DISK),
    "cryptsetup": ("luksFormat erase luksErase luksRemoveKey luksKillSlot reencrypt", _DISK),
    "diskutil": ("eraseDisk eraseVolume secureErase zeroDisk randomDisk partitionDisk reformat apfs", _DISK),
    "parted": ("mklabel mkpart rm resizepart mktable", _DISK),
    "redis-cli": ("flushall flushdb del unlink shutdown eval", _DATA),
    "mysqladmin": ("drop shutdown", _DATA),
    "rabbitmqctl": ("reset delete_queue delete_vhost stop", _DATA),
    "etcdctl": ("del", _DATA),
    "vault": ("delete destroy", _DATA),
    "consul": ("delete", _DATA),
    "restic": ("forget prune", _DATA),
    "borg": ("delete prune", _DATA),
    **dict.fromkeys(("lxc", "incus"), ("delete stop", _DATA)),
    **dict.fromkeys(("multipass", "minikube", "kind", "k3d", "limactl", "colima"), ("delete purge", _DATA)),
    "vboxmanage": ("unregistervm closemedium poweroff reset", _DATA),
    **dict.fromkeys(("vercel", "netlify", "wrangler", "argocd", "railway"), ("remove rm delete down", _REMOTE)),
    "firebase": ("hosting:disable", _REMOTE),
    **dict.fromkeys(("rails", "rake"), ("db:drop db:drop:all db:reset db:purge db:schema:load db:setup", _DATA)),
    **dict.fromkeys(("prisma", "flyway"), ("reset clean", _DATA)),
    "sequelize": ("db:drop db:migrate:undo db:migrate:undo:all", _DATA),
    "sequelize-cli": ("db:drop db:migrate:undo db:migrate:undo:all", _DATA),
    "mix": ("ecto.drop ecto.reset ecto.rollback", _DATA),
    "alembic": ("downgrade", _DATA),
    "liquibase": ("drop-all dropall rollback", _DATA),
    "artisan": ("migrate:fresh migrate:reset migrate:refresh db:wipe", _DATA),
    "manage.py": ("flush reset_db sqlflush", _DATA),
    **dict.fromkeys(("pyenv", "rbenv", "nodenv", "asdf", "mise", "volta", "nvm", "fnm"), ("uninstall", _REMOVES)),
    "tmux": ("kill-server kill-session kill-window kill-pane", _ENDS),
    "hg": ("purge strip", _DATA),
    "cmake": ("rm remove remove_directory -P", DELETES),
    "rdfind": ("-deleteresults", DELETES),
    "route": ("del flush", _NETWORK),
    "ifconfig": ("down", _NETWORK),
    "svn": ("delete remove rm revert cleanup", _DATA),
    "nmcli": ("delete down", _NETWORK),
    "loginctl": ("kill-session terminate-session kill-user terminate-user poweroff reboot", _ENDS),
    "tmutil": ("delete disable deletelocalsnapshots", _DATA),
    "defaults": ("delete", "deletes settings"),
    "gsettings": ("reset reset-recursively", "deletes settings"),
    "security": ("delete-keychain delete-generic-password delete-internet-password", _DATA),
}  # fmt: skip
"""Programs that are dangerous with a word among their arguments."""

VERBS = (
    "aws",
    "gcloud",
    "az",
    "doctl",
    "gh",
    "kubectl",
    "heroku",
    "netlify",
    "firebase",
    "rabbitmqctl",
    "openstack",
    "linode-cli",
    "ibmcloud",
)
VERB_BEGINNINGS = ("delete", "terminate", "destroy", "purge", "deregister", "detach", "remove", "revoke", "stop-")
"""Programs whose many verbs tell by how they begin."""

HARMLESS_WORDS = ("--help", "--dry-run", "--dryrun", "--dry-run=client", "--dry-run=server", "-n=dry")
"""With one of these, a program of WORDS only tells what it would do."""

_ASKS = ("inspect", "logs", "ps", "images", "port", "top", "stats", "history", "diff")
ASKS = {"docker": _ASKS, "podman": _ASKS, "nerdctl": _ASKS, "kubectl": ("get", "describe", "logs", "explain", "top")}
"""First words with which a program of WORDS only tells something, whatever else it is told."""

TRIES = {"rsync": ("-n", "--dry-run"), "rename": ("-n",)}
"""The options with which a program of OPTIONS only tells what it would do."""

LETTERS_WITH_VALUE = {
    "pg_restore": "dFfhIjLnNpPSTtU", "sed": "efl", "gsed": "efl", "tar": "bCfgHKLNTVX", "iptables": "ApijmsdtI",
    "rsync": "eTBfM", "zip": "btinx", "unzip": "dxP", "crontab": "u", "nc": "pswiIOTVXx",
    "netcat": "pswiIOTVXx", "ncat": "pswiIOTVXx", "xz": "FTMC", "rpm": "r", "dpkg": "D",
    "yq": "poIf", "fallocate": "lo",
}  # fmt: skip
"""The letters behind which the rest of the word is a value, so that its letters are no options."""
