"""How containers, package managers, services and the network fail."""

# ruff: noqa: E501  # what a program says, and the rule for it, stand together

from __future__ import annotations

from failure import Failure

MACHINES = (
    Failure("docker_daemon", "docker ps", "sudo systemctl start docker && docker ps",
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
    Failure("docker_socket", "docker ps", "sudo docker ps", "permission denied while trying to connect to the Docker daemon"),
    Failure("docker_word", "docker sp -a", "docker ps -a", "docker: 'sp' is not a docker command.\nSee 'docker --help'"),
    Failure("compose_word", "docker compose upp", "docker compose up", 'unknown docker command: "compose upp"\n'),
    Failure("docker_name", "docker run --name db x", "docker start db",
            'docker: Error response from daemon: Conflict. The container name "/db" is already in use by container "1f"', 125),
    Failure("docker_running", "docker rm db", "docker stop db && docker rm db",
            "Error response from daemon: cannot remove container \"db\": container is running: stop the container"),
    Failure("docker_image_used", "docker rmi x", "docker rm 1f2e && docker rmi x",
            "unable to remove repository reference (must force) - container 1f2e is using its referenced image"),
    Failure("docker_context", "docker build -t x", "docker build -t x .",
            '"docker build" requires exactly 1 argument.'),
    Failure("kubectl_word", "kubectl aply -f x", "kubectl apply -f x", 'error: unknown command "aply" for "kubectl"'),
    Failure("kubectl_resource", "kubectl get podss", "kubectl get pods",
            'error: the server doesn\'t have a resource type "podss"'),
    Failure("kubectl_namespace", "kubectl get pods", "kubectl get pods -A", "No resources found in default namespace.", 0),
    Failure("terraform_init", "terraform plan", "terraform init && terraform plan", "please run \"terraform init\"."),
    Failure("apt_word", "apt isntall x", "apt install x", "E: Invalid operation isntall", 100),
    Failure("apt_word", "apt-get search x", "apt search x", "E: Invalid operation search", 100),
    Failure("apt_locked", "apt install x", "sudo apt install x", "E: Could not open lock file /var/lib/dpkg/lock-frontend - "
            "open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock, are you root?", 100),
    Failure("apt_locked", "sudo apt install x", "sudo apt -o DPkg::Lock::Timeout=120 install x",
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt)", 100),
    Failure("apt_unknown_package", "sudo apt install x", "sudo apt update && sudo apt install x",
            "E: Unable to locate package x", 100),
    Failure("apt_file", "apt install a.deb", "apt install ./a.deb", "E: Unsupported file a.deb given on commandline", 100,
            setup="touch a.deb"),
    Failure("apt_interrupted", "apt install x", "sudo dpkg --configure -a && apt install x",
            "E: dpkg was interrupted, you must manually run 'sudo dpkg --configure -a'", 100),
    Failure("apt_broken", "apt install x", "sudo apt --fix-broken install", "E: Unmet dependencies. Try 'apt --fix-broken "
            "install' with no packages", 100),
    Failure("brew_word", "brew isntall jq", "brew install jq", "Error: Unknown command: isntall"),
    Failure("brew_cask", "brew cask install x", "brew install --cask x", "Error: Unknown command: brew cask"),
    Failure("brew_name", "brew install ndoe", "brew install node", 'Warning: No available formula with the name "ndoe". '
            "Did you mean node or nocode?"),
    Failure("brew_installed", "brew install jq", "brew upgrade jq", "Warning: jq 1.7 is already installed\nTo reinstall jq, "
            "run:\n  brew reinstall jq"),
    Failure("package_of_command", "ncdu /", "apt install ncdu && ncdu /", "bash: ncdu: command not found", 127,
            programs=("apt",)),
    Failure("package_of_command", "rg x", "brew install ripgrep && rg x", "zsh: command not found: rg", 127,
            programs=("brew",)),
    Failure("ssh_host_key", "ssh host", "ssh-keygen -f /h/known_hosts -R host && ssh host",
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n  remove with:\n  ssh-keygen -f /h/known_hosts -R host\n", 255),
    Failure("ssh_open_key", "ssh -i k host", "chmod 600 k && ssh -i k host", "Permissions 0644 for 'k' are too open.\n", 255),
    Failure("ssh_agent", "ssh-add", 'eval "$(ssh-agent -s)" && ssh-add',
            "Could not open a connection to your authentication agent.", 2),
    Failure("ssh_no_identity", "ssh-copy-id host", "ssh-keygen -t ed25519 && ssh-copy-id host",
            "/usr/bin/ssh-copy-id: ERROR: No identities found"),
    Failure("url_twice", "curl https://https://x.org", "curl https://x.org", "curl: (6) Could not resolve host: https", 6),
    Failure("url_scheme", "curl htps://x.org", "curl https://x.org", 'curl: (1) Protocol "htps" not supported or disabled', 1),
    Failure("curl_moved", "curl http://x.org", "curl -L http://x.org", "<title>301 Moved Permanently</title>", 22),
    Failure("curl_folders", "curl -o new/a http://x.org", "curl --create-dirs -o new/a http://x.org",
            "Warning: Failed to create the file new/a: No such file or directory\ncurl: (23) Failed writing body", 23),
    Failure("port_in_use", "python3 -m http.server 8000", "python3 -m http.server 8001",
            "OSError: [Errno 98] Address already in use"),
    Failure("port_in_use", "node app.js", "lsof -i :3000", "Error: listen EADDRINUSE: address already in use :::3000"),
    Failure("gh_login", "gh pr list", "gh auth login && gh pr list", "To get started with GitHub CLI, please run:  gh auth "
            "login", 4),
    Failure("systemctl_verb", "systemctl nginx restart", "systemctl restart nginx", "Unknown command verb nginx."),
    Failure("systemctl_verb", "systemctl restrat nginx", "systemctl restart nginx", "Unknown command verb restrat."),
    Failure("systemctl_unit", "systemctl --user start bakcup", "systemctl --user start backup", "Failed to start "
            "bakcup.service: Unit bakcup.service not found.", 5,
            setup="mkdir -p ~/.config/systemd/user && touch ~/.config/systemd/user/backup.service"),
    Failure("systemctl_reload", "systemctl restart x", "systemctl daemon-reload && systemctl restart x",
            "Warning: The unit file changed on disk. Run 'systemctl daemon-reload' to reload units."),
    Failure("sudo_missing", "systemctl restart x", "sudo systemctl restart x",
            "Failed to restart x.service: Interactive authentication required."),
    Failure("kill_name", "kill firefox", "pkill firefox", "bash: kill: firefox: arguments must be process or job IDs"),
    Failure("postgres_role", "psql", "sudo -u postgres psql", 'FATAL:  role "ada" does not exist', 2),
    Failure("postgres_base", "psql", "psql -d postgres", 'FATAL:  database "ada" does not exist', 2),
    Failure("tmux_session", "tmux attach -t w", "tmux new-session -s w", "can't find session: w\n"),
    Failure("tmux_ambiguous", "tmux kill", "tmux kill-pane", "ambiguous command: kill, could be: kill-pane, kill-server"),
    Failure("no_editor", "crontab -e", "EDITOR=nano crontab -e", "no crontab for x - using an empty one\nno editor found", 1),
)  # fmt: skip
