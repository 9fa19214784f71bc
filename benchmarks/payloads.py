"""The sessions that are stored: small, and 1 KiB and 3 KiB of text."""

from __future__ import annotations

import json
from typing import Any

_PROSE = """\
Dear members, thank you for sending the survey of the old railway bridge so quickly. I
have read all 48 pages, and three things surprised me. First, the deck is in far
better shape than the photographs from March made us fear: of 212 sleepers only 19
need replacing, which leaves some 7,400 euros for the railings. Second, nobody seems
to know who owns the eastern abutment. The land register names a farmer who died in
1961, his heirs moved to Brisbane, and the letter we posted in June came back
unopened. Could your office ask the district court, reference 3 K 117/24? Third, the
bats. Page 31 mentions a colony under the second arch but gives neither number nor
species, and without both the nature board will not even open our file before October.
On Tuesday I walked there with a friend, who counts herons for a living. We waited
from a quarter past eight until it was properly dark, drank cold tea, and saw at least
forty leave within ten minutes, low over the water, which he says points to
Daubenton's. He will write two paragraphs if somebody pays his train fare (EUR 23.80,
second class). As for the budget: the bank now offers 3.65 % over twelve years, the
credit union 3.2 % over eight but with a fee of 900 up front. My spreadsheet prefers
the second, unless the sleepers get more expensive again; please check cells F7 to
F19, because I mixed up net and gross in at least one of them. The youth club would
like to paint the railings themselves, any colour but green. The mayor wants green. I
suggest we decide that last, preferably when neither of them is in the room. Meeting
room B is booked for Thursday the 14th at 18:30; the projector there has a loose
cable, so bring paper. Would you also forward the drawings to
https://files.example.org/u/bridge-2024/inbox? Anything above 25 MB bounces, and the
password is the one you chose at the fair. One more small matter. The plaque that went
missing in 1998 turned up at an auction in Ghent, lot 407, described as "Belgian,
industrial, decorative". The seller bought it from a scrapyard and knows nothing more.
He would let it go for what he paid, 140, plus postage; the lady from the museum says
it is genuine, judging by the casting flaw in the letter R. If the society has no
money left this year, I'll advance the sum and we settle it in spring, along with the
mileage for both trips to the quarry. Please tell your colleague that the dog is fine
again, it was only a thorn. With best wishes, and looking forward to Thursday, the
treasurer. PS: the key to the tool shed hangs behind the third gauge, not the fourth,
whatever the sign says. PPS: the invoice from the divers, no. 2024-0933, still lists
five dives; there were four, since the fog did not lift on Sunday and everyone went
for pancakes instead. Please strike one, and the rubber boots (size 46, 59.90) as
well: nobody in the club admits to feet that large. The photographs are numbered from
the west bank; where two share a number, trust the one with the shadow on the left, it
was taken in the morning. If the train is late again on Thursday, start without me and
keep a chair near the radiator. Bring pens."""


def _with_text(size: int) -> dict[str, Any]:
    """A session whose compact JSON has ``size`` bytes."""
    session = {**SMALL, "locale": "en-GB", "draft": ""}
    missing = size - len(json.dumps(session, separators=(",", ":")))
    text = _PROSE.replace("\n", " ").replace('"', "'")
    assert len(text) >= missing, "write a longer letter"
    session["draft"] = text[:missing]
    return session


SMALL = {"user_id": 42, "token": "9f2c1b7ad04e4c6fb8835e17aa60d3b9"}
SESSIONS = {"small": SMALL, "1 KiB": _with_text(1024), "3 KiB": _with_text(3072)}


def store_session(size: str) -> dict[str, Any]:
    """What is kept in a store: small, or with 20 KiB or 1 MiB of text beside it."""
    if size == "small":
        return {**SMALL}
    text = _PROSE.replace("\n", " ").replace('"', "'")
    if size == "20 KiB":
        return {**SMALL, "draft": (text * 8)[: 20 * 1024]}
    return {**SMALL, **{f"draft_{n}": (text * 6)[:16_000] for n in range(64)}}
