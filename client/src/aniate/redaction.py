"""Keys, tokens and passwords of others, found in what would be sent, and taken out of it.

Most texts hold nothing that looks like one, which plain searches tell; only then are the patterns loaded.
"""

MARKS = (
    *(
        "AKIA",
        "ASIA",
        "gh",
        "github_pat_",
        "glpat-",
        "xox",
        "sk_live_",
        "rk_live_",
        "sk_test_",
        "whsec_",
        "sk-",
        "gsk_",
    ),
    *("AIza", "ya29.", "npm_", "pypi-", "hf_", "SG.", "dop_v1_", "dckr_pat_", "shpat_", "lin_api_", "AGE-SECRET-KEY-"),
    *(
        "PRIVATE KEY",
        "eyJ",
        "hvs.",
        "tskey-",
        "key-",
        "://",
        "hooks.slack.com",
        "tvly-",
        "r8_",
        "glsa_",
        "ATATT",
        "ops_",
    ),
)
"""What stands in every secret that has a form of its own."""
WORDS = ("passw", "secret", "token", "api_key", "apikey", "api-key", "access_key", "account_key", "bearer ", "basic ")
"""What, in any case, stands before a secret that has none; `_NAMED` of the patterns has the same words."""


def redact(text: str) -> "tuple[str, int]":
    """`text` with `[redacted: WHAT]` for each secret in it, and how many there were. Its lines stay as many."""
    if not any(mark in text for mark in MARKS):
        lower = text.lower()
        if not any(word in lower for word in WORDS):
            return text, 0
    from aniate.secret_patterns import replace

    return replace(text)
