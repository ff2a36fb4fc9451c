"""Keys, tokens and passwords of others, found in what would be sent, and taken out of it.

Most texts hold nothing that looks like one, which plain searches tell; only then are the patterns loaded.
"""

MARKS = (
    "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glcbt-",
    "glptt-", "gloas-", "glft-", "glsoat-", "glimt-", "glagent-", "glrtr-", "glffct-", "glsa_", "glc_", "xox",
    "xapp-", "sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_", "sk-", "sk.eyJ", "gsk_", "AIza", "ya29.",
    "npm_", "pypi-", "hf_", "SG.", "_v1_", "dckr_pat_", "shpat_", "shpss_", "shpca_", "shppa_", "lin_api_",
    "AGE-SECRET-KEY-", "PRIVATE", "eyJ", "hvs.", "hvb.", "tskey-", "key-", "://", "tvly-", "r8_", "ATATT", "ops_",
    "xai-", "pplx-", "nvapi-", "lsv2_", "rubygems_", "xkeysib-", "nfp_", "ntn_", "figd_", "sq0atp-", "sq0csp-",
    "pul-", "dp.pt.", "dp.st.", "dp.ct.", "sntrys_", "sntryu_", "sbp_", "pscale_", "CFPAT-", "pat-na", "pat-eu",
    "bkua_", "CCIPAT_", "NRAK-", "duffel_", "sqp_", "squ_", "sqa_", "pnu_", "phx_", "tfp_", "GOCSPX-", "dapi", "-us1",
    "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9", "cio", "AKCp", "EZAK", "EZTK", "EAAA", "1/1",
    "atlasv1.", "sl.", "access-sandbox", "access-dev", "access-prod", "fm1_", "fm1r_", "fm1a_", "fm2_", "Q~", "sig=",
    ":AA", "$apr1$", "$1$", "$2$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$", "$y$", "$argon2", "curl -",
    "fw_", "vcp_", "vci_", "vca_", "vcr_", "vck_", "AZDO", "JQQJ9", "csk-", "sk_", "re_", "PMAK-", "e2b_", "fc-",
    "dose", "api_org_", "LTAI", "BSA", "FFFFNRAL", "v1.0-", "FLWSECK", "signkey-", "ABSK", "ATBB", "A3-",
    "sha256~", "rnd_", "ddp_", "ddw_", "napi_", "jina_", "tr_prod_", "tr_dev_", "tr_stg_", "lin_oauth_",
    "dckr_oat_", "dp.sa.", "dp.scim.", "dp.audit.", "pcsk_", "sb_secret_", "sgp_", "rdme_", "fo1_", "wandb_v1_",
    "polar_", "flp_", "shippo_", "snyk_", "zpka_", "NRII-", "HRKU-", "dt0c01.",
    "curl http", "mysql -", "mysqldump -", "mysqladmin -", '"auth"',
)  # fmt: skip
"""What stands in a secret that has a form of its own. A few have nothing that is not in other words, too."""
WORDS = (
    "passw", "secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey", "access-key", "account_key",
    "accountkey", "account-key", "master_key", "masterkey", "master-key", "bearer ", "basic ", "cookie:", "privatekey",
    "client-key-data", "discord", "airtable",
)  # fmt: skip
"""What, in any case, stands before a secret that has none; `_NAMED` of the patterns has the same words.
The last two are the makers of tokens whose form has no sign of its own."""


def redact(text: str) -> "tuple[str, int]":
    """`text` with `[redacted: WHAT]` for each secret in it, and how many there were. Its lines stay as many."""
    if not any(mark in text for mark in MARKS):
        lower = text.lower()
        if not any(word in lower for word in WORDS):
            return text, 0
    from aniate.secret_patterns import replace

    return replace(text)
