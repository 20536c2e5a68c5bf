"""Secrets in the formats in which people have them at hand. None of them opens anything; all hold the marker."""

import base64
from typing import Final

MARKER: Final = "Zq7xK9pW2vR4"
"""Part of each sample; wherever it turns up, a secret was kept or repeated."""

_PEM_BODY = base64.b64encode(b"an elliptic key would stand here, it is no key").decode()

SECRETS: Final = {
    "Coinbase API key (name)": "organizations/6f1c2a3e-1b2c-4d5e-8f90-a1b2c3d4e5f6/apiKeys/" + MARKER,
    "Coinbase legacy secret": f"{MARKER}aB3dE5gH7jK9mN1pQ3sT",
    "PEM private key": f"-----BEGIN EC PRIVATE KEY-----\n{MARKER}{_PEM_BODY}\n-----END EC PRIVATE KEY-----\n",
    "Binance API secret": f"{MARKER}NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvq",
    "KuCoin secret": "3a9d5c1e-7b24-4f68-9e0d-5c1b7a3f9e2d " + MARKER,
    "KuCoin API key": "5f3113a1c9b3e20006ab1234 " + MARKER,
    "Kraken private key": f"{MARKER}/kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZ==",
    "Bybit API key": f"{MARKER}8dL3fQ",
    "JSON web token": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{MARKER}dozjgNryP4J3jVmNHl0w5N",
    "AWS access key": f"AKIAIOSFODNN7EXAMPLE {MARKER}",
    "AWS secret key": f"wJalrXUtnFEMI/K7MDENG/bPx{MARKER}EXA",
    "Discord webhook": f"https://discord.com/api/webhooks/1098765432109876543/{MARKER}-abc",
    "Discord bot token": f"MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.{MARKER}ZnCjm1XVW7vRze4b7Cq4",
    "Slack webhook": f"https://hooks.slack.com/services/T00000000/B00000000/{MARKER}",
    "Slack token": f"xoxb-123456789012-{MARKER}",
    "Telegram bot token": f"110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5P{MARKER}",
    "URL with a password": f"postgres://livermore:{MARKER}@db.example:5432/livermore",
    "URL with a token": f"https://hooks.example/notify?token={MARKER}",
    "GitHub token": f"ghp_{MARKER}0123456789abcdefABCDEF",
    "Stripe key": f"sk_live_{MARKER}0123456789",
    "hexadecimal": f"d41d8cd98f00b204e9800998ecf8427e{MARKER.encode().hex()} {MARKER}",
    "password in a text": f"password: {MARKER}",
}

# Words of the kind, in no order that opens anything. They can't hold the marker; the first word is theirs.
SEED_PHRASES: Final = {
    12: "zebra canyon puzzle orbit velvet anchor ladder ribbon magnet copper jungle window",
    24: "zebra canyon puzzle orbit velvet anchor ladder ribbon magnet copper jungle window "
    "salmon tunnel planet guitar pepper island rocket marble button dragon famous silver",
}
