"""What an exchange means by a base currency's name: which asset, and how much of it. Pure.

Exchanges name one asset differently, keep old names, count in thousands, and give one name to different assets. What
is certain is a row of a table here, with its reason; where it is not, all that a name may mean is returned.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from symbols.kinds import is_leveraged


@dataclass(frozen=True)
class Renamed:
    """An asset that goes by another name today. `units`: how many of today's one of the earlier became."""

    asset: str
    why: str
    units: Fraction = Fraction(1)


@dataclass(frozen=True)
class Shared:
    """A name that different assets bear. `on`: what it is known to mean on an exchange; elsewhere it may be any."""

    assets: Set[str]
    fact: str
    on: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Meaning:
    """What a base currency is. `assets` holds one where that is certain, and all that it may be where it is not."""

    name: str
    """As the exchange writes it."""
    assets: frozenset[str]
    units: Fraction = Fraction(1)
    """How many units of the asset one of these is: 1000SATS is 1000 SATS."""
    leveraged: bool = False
    fact: str = ""
    """Why it is called otherwise here, or why one can't be sure."""

    @property
    def certain(self) -> bool:
        return len(self.assets) == 1


RENAMED: Final[Mapping[str, Renamed]] = {
    # Other spellings of a name that is still in use.
    "XBT": Renamed("BTC", "XBT is another spelling of BTC"),
    "XDG": Renamed("DOGE", "XDG is another spelling of DOGE"),
    "CGLD": Renamed("CELO", "CGLD is another spelling of CELO"),
    "MIOTA": Renamed("IOTA", "MIOTA is another spelling of IOTA"),
    "TONCOIN": Renamed("TON", "TONCOIN is another spelling of TON"),
    "WAXL": Renamed("AXL", "WAXL is AXL on the Ethereum chain"),
    "LUNA2": Renamed("LUNA", "LUNA2 is the Terra of May 2022, called LUNA elsewhere"),
    "UST": Renamed("USTC", "UST has been called USTC since May 2022"),
    "BTTC": Renamed("BTT", "BTTC is the BitTorrent token of January 2022, called BTT elsewhere"),
    # The asset goes on, one for one, under a new name.
    "MATIC": Renamed("POL", "MATIC became POL in September 2024, one for one"),
    "FTM": Renamed("S", "FTM became S (Sonic) in January 2025, one for one"),
    "RNDR": Renamed("RENDER", "RNDR became RENDER in 2024, one for one"),
    "EOS": Renamed("A", "EOS became A (Vaulta) in May 2025, one for one"),
    "KLAY": Renamed("KAIA", "KLAY became KAIA in October 2024, one for one"),
    "TOMO": Renamed("VIC", "TOMO became VIC (Viction) in November 2023, one for one"),
    "ORN": Renamed("LUMIA", "ORN became LUMIA in October 2024, one for one"),
    "DAR": Renamed("D", "DAR became D in January 2025, one for one"),
    "NANO": Renamed("XNO", "NANO became XNO in 2021, one for one"),
    "XZC": Renamed("FIRO", "XZC became FIRO in 2020, one for one"),
    "PAX": Renamed("USDP", "PAX became USDP in 2021, one for one"),
    # It goes on in other units: prices and amounts are not comparable.
    "MKR": Renamed("SKY", "1 MKR became 24,000 SKY", Fraction(24_000)),
    "LEND": Renamed("AAVE", "100 LEND became 1 AAVE", Fraction(1, 100)),
    "ERD": Renamed("EGLD", "1,000 ERD became 1 EGLD", Fraction(1, 1_000)),
    "VEN": Renamed("VET", "1 VEN became 100 VET", Fraction(100)),
    "GAL": Renamed("G", "1 GAL became 60 G (Gravity)", Fraction(60)),
    "MPL": Renamed("SYRUP", "1 MPL became 100 SYRUP", Fraction(100)),
    "AGIX": Renamed("FET", "1 AGIX became 0.43335 FET", Fraction("0.43335")),
}
"""By the earlier name. Nothing that another asset has taken over since is here: that is in SHARED."""

SHARED: Final[Mapping[str, Shared]] = {
    "VELO": Shared(
        frozenset({"VELODROME", "VELO"}),
        "VELO is Velodrome on coinbase (VELODROME on binance) and Velo, another asset, on kucoin, bybit and gate",
        {"coinbase": "VELODROME", "kucoin": "VELO", "bybit": "VELO", "gate": "VELO"},
    ),
    "BEAM": Shared(
        frozenset({"BEAM", "BEAMX"}),
        "BEAM is the gaming network that others call BEAMX, or the older privacy coin",
        {"kraken": "BEAMX", "bybit": "BEAMX", "gate": "BEAM"},
    ),
    "NEIRO": Shared(
        frozenset({"NEIROCTO", "NEIROETH"}),
        "two coins are called NEIRO: the one that some exchanges call NEIROCTO, and the one called NEIROETH",
        {"binance": "NEIROCTO"},
    ),
    "LIT": Shared(
        frozenset({"HEI", "LIT"}),
        "LIT was Litentry until it became HEI in February 2025, and is Lighter's token since December 2025",
    ),
    "SKY": Shared(
        frozenset({"SKY", "SKYCOIN"}),
        "SKY is Sky, which MKR became, or Skycoin",
        {"coinbase": "SKY", "binance": "SKY", "kraken": "SKY", "bybit": "SKY"},
    ),
    "FRAX": Shared(
        frozenset({"FXS", "FRAX"}),
        "FRAX was a stablecoin, and is the name that FXS has on exchanges that took over its renaming",
    ),
}
"""By name. What ccxt keeps apart already (LUNA and LUNC on kraken, BIFI on kucoin) needs no row."""

_THOUSANDS: Final = re.compile(r"1(?P<noughts>0{3,})(?P<coin>[A-Z][A-Z0-9]*)")
"""1000SATS, 10000CAT."""
_KILO: Final = frozenset({"KPEPE", "KSHIB", "KBONK", "KFLOKI", "KLUNC", "KDOGS", "KNEIRO"})
"""Names with a k for a thousand. It is written small, but ccxt makes all names capitals, and KSM is a coin."""
_MILLION: Final = re.compile(r"1M(?P<coin>[A-Z][A-Z0-9]{3,})")
"""1MBABYDOGE; but 1MIL is a coin's own name: so short a rest proves nothing."""


def meaning_of(exchange: str, base: str, others: Set[str]) -> Meaning:
    """Return what a base currency is. `others`: the bases on its exchange, by which a leveraged token is told."""
    if is_leveraged(base, others):
        fact = f"{base} is a leveraged token of {exchange}'s own"
        return Meaning(base, frozenset({f"{exchange}:{base}"}), leveraged=True, fact=fact)
    name, units = _counted(base)
    told = f"1 {base} is {amount(units)} {name}" if units != 1 else ""
    if shared := SHARED.get(name):
        known = shared.on.get(exchange)
        assets = frozenset({known}) if known else frozenset(shared.assets)
        return Meaning(base, assets, units, fact="; ".join(filter(None, (told, shared.fact))))
    if renamed := RENAMED.get(name):
        told = "; ".join(filter(None, (told, renamed.why)))
        return Meaning(base, frozenset({renamed.asset}), units * renamed.units, fact=told)
    return Meaning(base, frozenset({name}), units, fact=told)


def currency(name: str) -> str:
    """Return the usual name of a currency in which others are priced."""
    renamed = RENAMED.get(name)
    return renamed.asset if renamed and renamed.units == 1 else name


def amount(units: Fraction) -> str:
    """Write how many: 1,000; or 0.43335."""
    return f"{units.numerator:,}" if units.denominator == 1 else f"{float(units):g}"


def _counted(base: str) -> tuple[str, Fraction]:
    """Return a name without what it counts in, and how many that is."""
    if found := _THOUSANDS.fullmatch(base):
        return found["coin"], Fraction(10 ** len(found["noughts"]))
    if base.upper() in _KILO:
        return base[1:], Fraction(1_000)
    if found := _MILLION.fullmatch(base):
        return found["coin"], Fraction(1_000_000)
    return base, Fraction(1)
