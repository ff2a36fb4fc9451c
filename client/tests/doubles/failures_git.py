"""How git fails."""

# ruff: noqa: E501  # what a program says, and the rule for it, stand together

from __future__ import annotations

from failure import Failure

_REPO = "git init -q -b main . && git config user.email a@b && git config user.name a"
_COMMIT = f"{_REPO} && echo 1 > a.txt && git add . && git commit -qm one"
_TWO = f"{_COMMIT} && git branch feature"
_REMOTE = f"git init -q -b main --bare up.git && {_COMMIT} && git remote add origin ./up.git"
_AHEAD = (
    f"{_REMOTE} && git push -q -u origin main && git clone -q up.git other && cd other && git config user.email a@b"
    " && git config user.name a && echo 2 > b.txt && git add . && git commit -qm two && git push -q && cd .."
)
_CHANGED = (
    f"{_TWO} && git switch -q feature && echo 2 > a.txt && git commit -qam two && git switch -q main && echo 3 > a.txt"
)
_CONFLICT = (
    f"{_TWO} && git switch -q feature && echo 2 > a.txt && git commit -qam two && git switch -q main && echo 3 > a.txt"
    " && git commit -qam three && git merge feature >merge.log || true"
)

GIT = (
    Failure("git_subcommand", "git psuh origin main", "git push origin main", setup=_REPO),
    Failure("git_subcommand", "git comit -m 'a b'", "git commit -m 'a b'", setup=_REPO),
    Failure("git_subcommand", "git git status", "git status", setup=_REPO),
    Failure("git_stash_word", "git stash aply", "git stash apply", setup=_COMMIT),
    Failure("git_remote_word", "git remote ad x y", "git remote add x y", setup=_REPO),
    Failure("git_two_dashes", "git commit -amend", "git commit --amend", setup=_CHANGED),
    Failure("git_option", "git log --onelin", "git log --oneline", setup=_COMMIT),
    Failure("git_option", "git diff --stagd", "git diff --staged", setup=_COMMIT),
    Failure("git_clone_twice", "git clone git clone ./x", "git clone ./x"),
    Failure("git_clone_exists", "git clone ./up.git other", "git -C other pull", setup=_AHEAD),
    Failure("git_path_typo", "git add raedme.md", "git add readme.md", setup=f"{_REPO} && touch readme.md"),
    Failure("git_not_a_repository", "git status", "git -C inner status", setup="git init -q inner"),
    Failure("git_not_a_repository", "git status", "git init"),
    Failure(
        "git_dubious_owner", "git status", "git config --global --add safe.directory /srv/app && git status",
        "fatal: detected dubious ownership in repository at '/srv/app'\nTo add an exception …", 128,
    ),
    Failure("git_branch_typo", "git checkout featrue", "git checkout feature", setup=_TWO),
    Failure("git_branch_typo", "git switch fature", "git switch feature", setup=_TWO),
    Failure("git_branch_typo", "git merge feture", "git merge feature", setup=_TWO),
    Failure("git_branch_typo", "git log featur", "git log feature", setup=_TWO),
    Failure("git_branch_typo", "git checkout master", "git checkout main", setup=_COMMIT),
    Failure("git_branch_typo", "git checkout brandnew", "git checkout -b brandnew", setup=_COMMIT),
    Failure("git_branch_typo", "git branch -d featur", "git branch -d feature", setup=_TWO),
    Failure("git_branch_typo", "git rebase featur", "git rebase feature", setup=_TWO),
    Failure("git_branch_exists", "git switch -c feature", "git switch feature", setup=_TWO),
    Failure("git_branch_not_merged", "git branch -d feature", "git branch -D feature", setup=_CHANGED),
    Failure("git_branch_checked_out", "git branch -d feature", "git switch main && git branch -d feature",
            setup=f"{_TWO} && git switch -q feature"),
    Failure("git_worktree_exists", "git worktree add ../w feature", "cd", setup=f"{_TWO} && git worktree add -q w feature"),
    Failure("git_tag_exists", "git tag v1", "git tag -f v1", setup=f"{_COMMIT} && git tag v1"),
    Failure("git_remote_exists", "git remote add origin x", "git remote set-url origin x", setup=_REMOTE),
    Failure("git_remote_typo", "git push orign main", "git push origin main", setup=_REMOTE),
    Failure("git_remote_typo", "git remote remove orgin", "git remote remove origin", setup=_REMOTE),
    Failure("git_push_unknown_branch", "git push origin master", "git push origin main", setup=_REMOTE),
    Failure("git_push_unknown_branch", "git push origin main", "git commit -am 'First commit' && git push origin main",
            setup=f"{_REPO} && git init -q --bare up.git && git remote add origin ./up.git"),
    Failure("git_rebase_dirty", "git rebase feature", "git rebase --autostash feature", setup=_CHANGED),
    Failure("git_stash_first", "git checkout feature", "git stash && git checkout feature && git stash pop",
            setup=_CHANGED),
    Failure("git_untracked_in_the_way", "git pull", "git stash --include-untracked && git pull",
            setup=f"{_AHEAD} && echo x > b.txt"),
    Failure("git_nothing_added", "git commit -m x", "git commit -a -m x", setup=f"{_COMMIT} && echo 2 > a.txt"),
    Failure("git_nothing_added", "git commit -m x", "git add -A && git commit -m x", setup=f"{_REPO} && touch b"),
    Failure("git_add_ignored", "git add x.log", "git add -f x.log",
            setup=f"{_REPO} && echo '*.log' > .gitignore && touch x.log"),
    Failure("git_rm_folder", "git rm d", "git rm -r d",
            setup=f"{_REPO} && mkdir d && touch d/f && git add . && git commit -qm one"),
    Failure("git_rm_changed", "git rm a.txt", "git rm --cached a.txt", setup=f"{_COMMIT} && echo 2 > a.txt"),
    Failure("git_in_progress", "git merge feature", "git status", setup=_CONFLICT),
    Failure("git_locked", "git add .", "rm -f", setup=f"{_COMMIT} && touch .git/index.lock"),
    Failure("git_who_are_you", "git commit -qm x", "git config user.name",
            setup="git init -q . && git config user.useConfigOnly true && touch a && git add ."),
    Failure("git_no_commit_yet", "git log", "git add -A && git commit -m 'First commit'", setup=_REPO),
    Failure("git_empty_amend", "git commit --amend --no-edit", "git commit --allow-empty --amend --no-edit",
            "You asked to amend the most recent commit, but doing so would make it empty. You can…", 1),
    Failure("git_push_upstream", "git push", "git push --set-upstream origin main", setup=_REMOTE),
    Failure("git_push_rejected", "git push", "git pull --rebase && git push",
            setup=f"{_AHEAD} && echo 4 > c.txt && git add c.txt && git commit -qm four"),
    Failure("git_pull_tracking", "git pull", "git branch --set-upstream-to=origin/main && git pull", setup=_REMOTE),
    Failure("git_pull_diverged", "git pull", "git pull --rebase",
            setup=f"{_AHEAD} && echo 4 > c.txt && git add c.txt && git commit -qm four"),
    Failure("git_unrelated", "git merge other", "git merge --allow-unrelated-histories other",
            "fatal: refusing to merge unrelated histories", 128),
    Failure("git_no_remote", "git push", "git remote -v", setup=_COMMIT),
    Failure("git_submodules", "git status", "git submodule update --init --recursive && git status",
            "Please run 'git submodule update --init' first", 128),
)  # fmt: skip
