"""What secrets look like. Loaded only for a text that may hold one.

The forms are those that their makers publish, so that secrets can be found: GitHub, GitLab, Slack, AWS and
others name the beginning and the length. What has no form of its own is found by the name before it. Every repetition
has a bound or a class that can't give letters back, so no text makes the search slow.
"""

import re
from functools import partial
from itertools import pairwise
from math import log2

_FORMS = (
    (
        "private key",
        r"(?P<head>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----)(?P<secret>[^-]{40,20000})(?=-----END)",
    ),
    (
        "private key",  # whose end was cut off
        (
            r"(?P<head>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----)(?P<secret>(?:\r?\n[A-Za-z0-9+/=]{60,76}){1,400}"
            r"(?:\r?\n[A-Za-z0-9+/=]{1,76})?)(?=\s{0,9}\Z)"
        ),
    ),
    ("private key", r"(?P<secret>AGE-SECRET-KEY-1[A-Z0-9]{58})"),
    ("AWS key", r"(?<![A-Za-z0-9])(?P<secret>A[KS]IA[A-Z2-7]{16})(?![A-Za-z0-9])"),
    ("GitHub token", r"(?<!\w)(?P<secret>gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{60,250})"),
    ("GitLab token", r"(?<!\w)(?P<secret>gl(?:pat|dt|rt|cbt|ptt|oas|ft|soat|imt|agent|rtr|ffct)-[\w-]{20,100})"),
    ("Slack token", r"(?<!\w)(?P<secret>(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,250})"),
    ("Slack webhook", r"(?P<head>https://hooks\.slack\.com/)(?P<secret>(?:services|workflows)/[\w/+-]{20,100})"),
    ("payment key", r"(?<!\w)(?P<secret>(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,250})"),
    ("API key", r"(?<![\w-])(?P<secret>sk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,250})(?![A-Za-z0-9])"),
    (
        "API key",
        (
            r"(?<!\w)(?P<secret>(?:gsk_|r8_|hf_|do[opr]_v1_|lin_api_|dckr_pat_|shp(?:at|ss|ca|pa)_|glsa_|tvly-|xai-|pplx-"
            r"|tgp_v1_|nvapi-|lsv2_(?:pt|sk)_|rubygems_|xkeysib-|nfp_|ntn_|figd_|sq0(?:atp|csp)-|pul-|dp\.(?:pt|st|ct)\."
            r"|sntryu_|sbp_|pscale_(?:tkn|pw|oauth)_|CFPAT-|pat-(?:na|eu)\d-|bkua_|CCIPAT_|NRAK-|duffel_(?:live|test)_"
            r"|lin_oauth_|dckr_oat_|dp\.(?:sa|scim|audit)\.|pcsk_|sb_secret_|sgp_|rdme_|fo1_|wandb_v1_|polar_(?:oat|pat)_|flp_"
            r"|sk_org_(?:live|test)_|shippo_(?:live|test)_|zpka_|NRII-|HRKU-AA|dt0c01\.[A-Z0-9]{24}\."
            r"|sq[pua]_|pnu_|phx_|tfp_|GOCSPX-|secret_(?=[A-Za-z0-9]{43}\b)|re_(?=[A-Za-z0-9]{8}_[A-Za-z0-9]{24}\b))"
            r"[A-Za-z0-9_-]{20,250})"
        ),
    ),
    (
        "API key",  # of letters that are also a word's beginning: the length tells
        (
            r"(?<![\w-])(?P<secret>dapi[0-9a-f]{32}|SK[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}|cio[A-Za-z0-9]{32}"
            r"|AKCp[A-Za-z0-9]{60,75}|EZ[AT]K[A-Za-z0-9]{54}|EAAA[\w-]{56,64}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"
            r"|1/[0-9]{16}:[0-9a-f]{32}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}|sl\.[\w-]{120,1500}"
            r"|access-(?:sandbox|development|production)-[0-9a-f-]{36}|sk\.eyJ[\w-]{40,300}\.[\w-]{16,40})(?![\w-])"
        ),
    ),
    (
        "API key",  # whose beginning is that of other names, too: one without a digit is such a name
        (
            r"(?<![\w-])(?P<secret>(?:fw_|vc[piark]_|rnd_|dd[pw]_|napi_|jina_|csk-|tr_(?:prod|dev|stg)_)"
            r"(?=[A-Za-z]{0,60}[0-9])[A-Za-z0-9]{20,250})(?![\w-])"
        ),
    ),
    (
        "API key",
        (
            r"(?<![\w-])(?P<secret>sk_[0-9a-f]{48}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|e2b_[0-9a-f]{40}|fc-[0-9a-f]{32}"
            r"|dose[0-9a-f]{32}|api_org_[A-Za-z]{34}|LTAI[A-Za-z0-9]{20}|BSA(?=[A-Za-z]{0,26}[0-9])[\w-]{27}"
            r"|[0-9a-f]{36}FFFFNRAL|v1\.0-[0-9a-f]{24}-[0-9a-f]{146}|FLWSECK(?:_TEST)?-[0-9a-zA-Z]{32}-X"
            r"|signkey-(?:prod|test|branch)-[0-9a-f]{64}|ABSK[A-Za-z0-9+/]{100,280}|ATBB[A-Za-z0-9_.-]{32}"
            r"|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}|sha256~[\w-]{43}|snyk_[us]at\.[\w.-]{40,200})(?![\w-])"
        ),
    ),
    (
        "Azure key",  # DevOps' own sign, or that of all newer keys, stands at its place in 84 letters
        (
            r"(?<![A-Za-z0-9+/])(?P<secret>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{26})"
            r"(?![A-Za-z0-9+/])"
        ),
    ),
    (
        "Sentry key",
        (
            r"(?P<head>https?://)(?P<secret>[0-9a-f]{32}(?::[0-9a-f]{32})?)"
            r"(?=@(?:o[0-9]{1,20}\.ingest\.(?:[a-z]{2,10}\.)?sentry\.io|sentry\.[\w.-]{1,80})[:/])"
        ),
    ),
    ("Sentry token", r"(?<!\w)(?P<secret>sntrys_[\w+/-]{40,600}={0,2})"),
    ("Grafana token", r"(?<!\w)(?P<secret>glc_[A-Za-z0-9+/]{32,400}={0,2})"),
    ("Fly token", r"(?<!\w)(?P<secret>fm[12][ar]?_[A-Za-z0-9+/]{60,1000}={0,2})"),
    ("Azure key", r"(?<![\w~.-])(?P<secret>[\w~.-]{3}[0-9]Q~[\w~.-]{31,34})(?![\w~-])"),
    ("signature", r"(?P<head>[?&]sig=)(?P<secret>[A-Za-z0-9%+/]{40,80}={0,2})"),
    ("Telegram token", r"(?<![\w:])(?P<secret>[0-9]{8,10}:AA[\w-]{33})(?![\w-])"),
    ("Discord token", r"(?<![\w.-])(?P<secret>[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40})(?![\w.-])"),
    (
        "webhook",
        (
            r"(?P<head>https://(?:discord(?:app)?\.com/api/webhooks/|[\w-]{1,60}\.webhook\.office\.com/))"
            r"(?P<secret>[\w/@-]{40,300})"
        ),
    ),
    ("cookie", r"(?i)(?P<head>\b(?:set-)?cookie:[ \t]{1,4}[\w.-]{1,60}=)(?P<secret>[^\r\n'\"]{16,4000})"),
    ("password's hash", r"(?P<secret>\$(?:apr1|[156]|2[abxy]?|y|argon2id?)\$[./A-Za-z0-9$=,+]{20,200})"),
    (
        "password",
        r"(?P<head>\bcurl[ \t][^\n]{0,300}?(?:-u|--user)[ =]?['\"]?[^\s:'\"@/]{1,60}:)(?P<secret>[^\s'\"]{3,200})",
    ),
    ("password", r"(?P<head>\bmysql(?:dump|admin)?[ \t][^\n|;&]{0,200}?[ \t]-p)(?P<secret>[^\s'\"]{4,100})"),
    (
        "password",
        r"(?P<head>\bmachine\s{1,4}\S{1,200}\s{1,4}login\s{1,4}\S{1,200}\s{1,4}password\s{1,4})(?P<secret>\S{4,200})",
    ),
    (
        "key",
        (
            r"(?i)(?P<head>(?:\bPrivateKey[ \t]{0,3}=|\bclient-key-data:|\"auth\"[ \t]{0,3}:[ \t]{0,3}\")[ \t]{0,4})"
            r"(?P<secret>[A-Za-z0-9+/]{20,6000}={0,2})"
        ),
    ),
    ("Google key", r"(?<!\w)(?P<secret>AIza[\w-]{35}|ya29\.[\w-]{20,500})"),
    ("npm token", r"(?<!\w)(?P<secret>npm_[A-Za-z0-9]{36})"),
    ("PyPI token", r"(?<!\w)(?P<secret>pypi-AgE[\w-]{50,500})"),
    ("SendGrid key", r"(?<!\w)(?P<secret>SG\.[\w-]{16,32}\.[\w-]{16,64})"),
    ("Vault token", r"(?<!\w)(?P<secret>hv[sb]\.[\w-]{20,250})"),
    ("Tailscale key", r"(?<!\w)(?P<secret>tskey-[a-z]{2,20}-[\w-]{16,100})"),
    ("Mailgun key", r"(?<![\w-])(?P<secret>key-[0-9a-f]{32})(?!\w)"),
    ("Atlassian token", r"(?<!\w)(?P<secret>ATATT3[\w=-]{50,500})"),
    ("1Password token", r"(?<!\w)(?P<secret>ops_eyJ[\w-]{50,2000})"),
    ("JSON Web Token", r"(?<![\w-])(?P<secret>eyJ[\w-]{10,3000}\.eyJ[\w-]{10,5000}\.[\w-]{10,1000})"),
    ("password", r"(?P<head>[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"<>]{0,100}:)(?P<secret>[^\s:/@'\"<>]{3,200})(?=@)"),
    ("token", r"(?i)(?P<head>\b(?:bearer|basic)[ \t]{1,4})(?P<secret>[\w.~+/-]{20,3000}={0,2})"),
)
_NAMED = (
    r"(?i)(?P<head>[\w.-]{0,60}(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|master[_-]?key)[\w.-]{0,30}"
    r"[\"']?[ \t]{0,4}(?:=>|:=|[=:])[ \t]{0,4})(?:(?P<quote>[\"'])(?P<quoted>[^\"'\r\n]{6,500})(?P=quote)"
    r"|(?P<bare>[^\s\"'#;,(){}<>\[\]$`]{6,500})(?=[ \t]*(?:[#;,]|\r?$)))"
)
_PLACEHOLDERS = (
    "example",
    "changeme",
    "change_me",
    "change-me",
    "your",
    "xxx",
    "***",
    "placeholder",
    "redacted",
    "dummy",
    "...",
)
_BARE_NAMES = re.compile(r"[A-Za-z_][\w.-]*")
_ONLY_PUNCTUATED = re.compile(r"[A-Za-z]+(?:[._ /:-][A-Za-z]+)*[.:!?]?")
_LEAST_BITS = 2.5
"""Of entropy by letter, below which a value is a word or a row of the same signs rather than a secret."""

_found_by_form = [(what, re.compile(pattern)) for what, pattern in _FORMS]
_found_by_name = re.compile(_NAMED, re.MULTILINE)


def replace(text: str) -> "tuple[str, int]":
    """As `redaction.redact`."""
    count = 0
    for what, pattern in _found_by_form:
        text, found = pattern.subn(partial(_redacted, what), text)
        count += found
    parts, end = [], 0
    for match in _found_by_name.finditer(text):
        which = "quoted" if match["quoted"] is not None else "bare"
        if not _is_secret(match[which], match["head"], which == "quoted"):
            continue
        parts += [text[end : match.start(which)], "[redacted: secret]"]
        end = match.end(which)
    return "".join([*parts, text[end:]]), count + len(parts) // 2


def _redacted(what: str, match: "re.Match[str]") -> str:
    """What stands for the secret; as many lines as it had, so that those below keep their numbers."""
    head = match.groupdict().get("head") or ""
    if match["secret"].lower() in ("password", "pass", "secret"):  # in an address that shows the form
        return match[0]
    return f"{head}[redacted: {what}]" + "\n" * match["secret"].count("\n")


def _is_secret(value: str, head: str, quoted: bool) -> bool:
    """Whether a value that stands behind such a name is one, and no name, path, word or example."""
    lower = value.lower()
    if " " in value:
        return False
    if lower.startswith(("[redacted", "http://", "https://", "/", "./", "~", "$", "%", "<", "{", "#", "aniate_")):
        return False
    if any(each in lower for each in _PLACEHOLDERS) or _ONLY_PUNCTUATED.fullmatch(value):
        return _is_env(head) and "pass" in head.lower() and not any(each in lower for each in _PLACEHOLDERS)
    if not quoted and not _is_env(head) and (_BARE_NAMES.fullmatch(value) is not None and not _mixed(value)):
        return "passw" in head.lower() and head.rstrip().endswith(":") and _is_chosen(value)
    return _bits(value) >= _LEAST_BITS and (quoted or any(letter.isdigit() for letter in value) or _is_env(head))


def _is_env(head: str) -> bool:
    """Whether the name is written as in a file of environment variables: `DB_PASSWORD=`."""
    name = head.strip().removesuffix("=")
    return head.endswith("=") and name.isupper() and name.replace("_", "").isalnum()


def _mixed(value: str) -> bool:
    """Whether letters and digits alternate as in something made at random."""
    kinds = [letter.isdigit() for letter in value if letter.isalnum()]
    return sum(first != second for first, second in pairwise(kinds)) >= 4


def _is_chosen(value: str) -> bool:
    """Whether it may be a password that somebody thought of: long enough, with a digit, and no type or number."""
    return len(value) >= 8 and any(letter.isdigit() for letter in value) and not value.isdigit() and "." not in value


def _bits(value: str) -> float:
    """Shannon's entropy of the letters, in bits by letter."""
    shares = [value.count(letter) / len(value) for letter in set(value)]
    return -sum(share * log2(share) for share in shares)
