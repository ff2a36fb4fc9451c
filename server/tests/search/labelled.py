"""Sentences as answers have them, each with whether the pages that it cites hold it. Of our own making.

The kinds are what goes wrong in answers: a fact changed, made up, taken from another page, cited by a number that
there is not, or not cited; and what must not be marked: the same said in other words, put together, or unknown.
"""

from __future__ import annotations

from typing import NamedTuple

PAGES = {
    1: """Releasing Kestrel 4.2
Kestrel 4.2 was released on 14 March 2026. It needs Python 3.11 or newer; support for Python 3.9 and 3.10 was dropped.
The new scheduler starts tasks in the order of their deadlines. In our measurements it cut the median latency from
48 ms to 31 ms on a machine with eight cores.
The command `kestrel migrate` rewrites old configuration files. It keeps a copy with the ending .bak beside each.
Windows is not supported in this release. We plan to bring it back in 4.4.
Known problems
Workers that are killed during a checkpoint may leave a lock file behind. Delete it by hand with `kestrel unlock`.
The default port has changed from 7070 to 7171, since another program used the old one.
Thanks to 62 contributors, of whom 19 were new.""",
    2: """Kestrel (task queue) - encyclopedia
Kestrel is a distributed task queue written in Rust with bindings for Python, first published in 2019 by Maria Okafor.
It stores its tasks in PostgreSQL and needs no broker of its own. It is licensed under the Apache License 2.0; until
version 3 it was under the GPL.
The project is named after the small falcon that hovers in the air. About 1,400 companies are said to use it.
In 2024 the project joined the Linux Foundation.
Critics say that its documentation is thin, and that upgrades between major versions are laborious.""",
    3: """How to tune PostgreSQL for queues
Queue tables grow dead rows quickly. Set autovacuum_vacuum_scale_factor to 0.01 for such a table, so that vacuum runs
after one percent of its rows have changed.
Use SELECT ... FOR UPDATE SKIP LOCKED to let many workers take tasks without waiting for each other. Without it,
workers wait in line for the same row.
Do not keep transactions open while a task runs: they hold back vacuum. Keep fillfactor at 70 for tables whose rows
are updated often.
An index on (state, priority) is enough for most queues. Partial indexes that hold only waiting tasks are smaller.""",
}


class Labelled(NamedTuple):
    text: str
    holds: bool


LABELLED = [
    # said as the page says it, or in other words
    Labelled("Kestrel 4.2 was released on 14 March 2026 [1].", True),
    Labelled("Version 4.2 of Kestrel came out on March 14, 2026. [1]", True),
    Labelled("It requires Python 3.11 or newer [1].", True),
    Labelled("Support for Python 3.9 and 3.10 has been dropped.[1]", True),
    Labelled("The new scheduler starts tasks ordered by their deadlines 【1†L3-L4】.", True),
    Labelled("Median latency fell from 48 ms to 31 ms on eight cores in their measurements [1].", True),
    Labelled("`kestrel migrate` rewrites old configuration files and keeps a `.bak` copy [1].", True),
    Labelled("- **Windows** is not supported in this release [1].", True),
    Labelled("Windows support is planned to return in 4.4 [1].", True),
    Labelled("If a worker is killed in a checkpoint, a lock file may be left: `kestrel unlock` deletes it [1].", True),
    Labelled("The default port changed from 7070 to 7171 [1].", True),
    Labelled("62 people contributed, 19 of them new contributors [1].", True),
    Labelled("Kestrel is a distributed task queue written in Rust, with Python bindings [2].", True),
    Labelled("It was first published in 2019 by Maria Okafor [2].", True),
    Labelled("Tasks are stored in PostgreSQL, so it doesn't need a broker [2].", True),
    Labelled("It is licensed under Apache 2.0 [2].", True),
    Labelled("Until version 3, its license was the GPL [2].", True),
    Labelled("About 1400 companies use it [2].", True),
    Labelled("The project joined the Linux Foundation in 2024 [2].", True),
    Labelled("Critics call its documentation thin and upgrades between major versions laborious [2].", True),
    Labelled("Set `autovacuum_vacuum_scale_factor` to 0.01 for the queue table [3].", True),
    Labelled("`FOR UPDATE SKIP LOCKED` lets workers take tasks without waiting for each other [3].", True),
    Labelled("Don't keep transactions open while a task runs, since they hold back vacuum [3].", True),
    Labelled("A fillfactor of 70 is recommended for tables whose rows are often updated [3].", True),
    Labelled("An index on state and priority is enough for most queues [3].", True),
    Labelled("Kestrel is named after a small falcon [2].", True),
    # put together
    Labelled("Kestrel stores tasks in PostgreSQL [2], where queue tables grow dead rows quickly [3].", True),
    Labelled("Kestrel 4.2 was released on 14 March 2026 and is licensed under the Apache License 2.0 [1][2].", True),
    Labelled("It needs Python 3.11 [1], was published in 2019 [2].", True),
    Labelled("The port is now 7171. It was 7070 before [1].", True),
    # nothing claimed, or not knowing
    Labelled("The pages do not say who maintains Kestrel today.", True),
    Labelled("I am not sure whether this also holds for macOS.", True),
    Labelled("Do you use Windows?", True),
    Labelled("In short:", True),
    Labelled("## What is new in Kestrel 4.2", True),
    Labelled("Yes.", True),
    Labelled("```\nkestrel unlock --all workers now\n```", True),
    # a number, a name or a fact changed
    Labelled("Kestrel 4.2 was released on 15 March 2026 [1].", False),
    Labelled("It requires Python 3.12 or newer [1].", False),
    Labelled("Median latency fell from 48 ms to 13 ms [1].", False),
    Labelled("The default port changed from 7171 to 8080 [1].", False),
    Labelled("About 14,000 companies use it [2].", False),
    Labelled("It was first published in 2018 by Maria Okafor [2].", False),
    Labelled("The project joined the Apache Software Foundation in 2024 after a unanimous vote [2].", False),
    Labelled("Set autovacuum_vacuum_scale_factor to 0.1 for the queue table [3].", False),
    Labelled("A fillfactor of 90 is recommended for tables that are often updated [3].", False),
    # made up
    Labelled("Kestrel can be installed with Homebrew on macOS [1].", False),
    Labelled("The company behind it raised venture capital in Berlin [2].", False),
    Labelled("Its logo was drawn by a famous illustrator from Norway [2].", False),
    Labelled("Kestrel encrypts all payloads with rotating keys by default [1].", False),
    Labelled("Redis is faster than PostgreSQL for every kind of queue [3].", False),
    Labelled("The maintainers recommend at least 16 GB of memory [1].", False),
    Labelled("Kestrel was acquired by a large cloud vendor [2].", False),
    # right, but under the wrong page
    Labelled("It was first published in 2019 by Maria Okafor [1].", False),
    Labelled("The default port changed from 7070 to 7171 [2].", False),
    Labelled("`FOR UPDATE SKIP LOCKED` lets workers take tasks without waiting [2].", False),
    Labelled("Kestrel 4.2 was released on 14 March 2026 [1][3].", False),
    # denied where the page affirms
    Labelled("The default port has not changed from 7070 to 7171 [1].", False),
    # no page, or one that there is not
    Labelled("Kestrel is the most popular task queue for Python developers.", False),
    Labelled("It was rewritten in Zig in 2025.", False),
    Labelled("Kestrel 4.2 was released on 14 March 2026 [4].", False),
    Labelled("The new scheduler orders tasks by deadlines [1, 7].", False),
]  # fmt: skip

NOT_SEEN = [
    "Kestrel does not store its tasks in PostgreSQL [2].",  # the next sentence of the page denies something else
    "Critics say that upgrades between major versions are quick, and that its documentation is laborious [2].",
    "The old scheduler starts tasks in the order of their deadlines [1].",
]
"""Wrong, and not marked: each word of it stands in the page. Who needs more must read the source."""

OTHER_PAGES = {
    1: """Opening a window on cold days
Short airing with wide open windows for five minutes, three or four times a day, loses less heat than a window that is
tilted all day. The walls stay warm, and warm walls hardly grow mould.
The humidity of a bedroom should lie between 40 and 60 percent. A sleeping adult gives off about 300 millilitres of
water each night.
Never dry laundry in a bedroom without an open window. Cupboards should stand ten centimetres from outer walls.
In a survey of 2,300 flats by the tenants' union, 17 percent had visible mould, most of it in corners behind
furniture.""",
    2: """Grow lights for seedlings
Seedlings of tomatoes want 14 to 16 hours of light a day. White LEDs of 4000 to 6500 kelvin do; violet lamps bring
nothing more and tire the eyes.
Hang the lamp 20 cm above the leaves, and lift it as they grow. If stems become long and thin, there is too little
light or too much warmth. Timers cost a few euros and save the trouble of switching.
Pepper germinates best at 25 degrees and may take three weeks.""",
}
HELD_OUT = [
    Labelled("Airing for five minutes with wide open windows loses less heat than tilting a window all day [1].", True),
    Labelled("You should do this three or four times daily [1].", True),
    Labelled("Warm walls rarely get mould [1].", True),
    Labelled("Bedroom humidity should be between 40 and 60 percent [1].", True),
    Labelled("An adult releases roughly 300 ml of water per night while sleeping [1].", True),
    Labelled("Keep cupboards about ten centimetres away from outer walls [1].", True),
    Labelled("17% of 2300 surveyed flats had visible mould, mostly in corners behind furniture [1].", True),
    Labelled("Tomato seedlings need 14-16 hours of light per day [2].", True),
    Labelled("White LEDs between 4000 and 6500 kelvin are enough [2].", True),
    Labelled("Hang the lamp 20 cm over the leaves and raise it as the plants grow [2].", True),
    Labelled("Long, thin stems mean too little light or too much warmth [2].", True),
    Labelled("Peppers germinate best at 25 °C, which may take three weeks [2].", True),
    Labelled("Neither page tells how much electricity a lamp takes.", True),
    Labelled("Bedroom humidity should be between 30 and 50 percent [1].", False),
    Labelled("An adult gives off about 500 millilitres of water each night [1].", False),
    Labelled("Mould is best removed with bleach and a hard brush [1].", False),
    Labelled("27 percent of 2,300 flats had visible mould [1].", False),
    Labelled("Tomatoes want 14 to 16 hours of light a day [1].", False),
    Labelled("Violet lamps double the yield of peppers, a university found [2].", False),
    Labelled("Pepper germinates best at 18 degrees [2].", False),
    Labelled("Hang the lamp 50 cm above the leaves [2].", False),
    Labelled("Basil needs no extra light in winter at all.", False),
    Labelled("A dehumidifier in the cellar pays for itself within a year [1].", False),
    Labelled("The lamp should be lifted as the seedlings grow [3].", False),
]  # fmt: skip
"""Written after the measure was tuned to those above, and never used to tune it."""
