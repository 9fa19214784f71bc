"""The pages' test vectors, as literals: the format does not change unseen."""

from __future__ import annotations

import hashlib
import hmac
import re
import textwrap
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from itsdangerous import BadData, TimestampSigner
from markupsafe import Markup

from session_middleware.tokens.listed_types import HostValue
from session_middleware.tokens.signed import SignedSerializer

from ..support import ROOT


def read_page(name: str) -> str:
    """A page of the documentation about tokens."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


PAGE = read_page("token.rst")
VECTORS_PAGE = read_page("token-vectors.rst")

KEY = "not a secret: it signs test vectors, and nothing else"
HOST_KEY = "638e418f109d037ffeafae6003575fd65bae294b71e46a4e27a1ad736fa146e6"


def reader_on_the_page(name: str, page: str) -> Any:
    """The function of this name, whose code stands on the page."""
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", page)
    [code] = [textwrap.dedent(block) for block in blocks if f"def {name}(" in block]
    namespace: dict[str, Any] = {}
    exec(compile(code, name, "exec"), namespace)
    return namespace[name]


class Vector(NamedTuple):
    """One session, from its key to its token."""

    key: str | bytes
    name: str
    derived: str
    created: int
    permanent: bool
    data: dict[str, Any]
    text: str
    payload: str
    issued: int
    timestamp: str
    token: str

    @property
    def salt(self) -> str:
        return f"session_middleware.v1:{self.name}"

    @property
    def serializer(self) -> SignedSerializer:
        return SignedSerializer([self.key], self.salt)


EVERY_TAG = {
    "t": (1, (2,)),
    "s": {"b", "a", 10, 9},
    "f": frozenset([True, None]),
    "b": b"\x00\xff",
    "d": datetime(2027, 1, 15, 8, 0, 0, 250000),
    "da": datetime(2027, 1, 15, 9, 0, tzinfo=timezone(timedelta(hours=1))),
    "df": datetime(2027, 10, 31, 2, 30, fold=1),
    "y": date(2027, 1, 15),
    "h": time(8, 0, 1),
    "i": timedelta(days=-1, microseconds=5),
    "u": UUID("12345678-1234-5678-1234-567812345678"),
    "n": Decimal("1.10"),
    "m": Markup("<b>\u00fc</b>"),
    "e": {" t": [1]},
    "x": {" new": 0},
}

VECTORS = {
    "empty": Vector(
        key=KEY,
        name="__Host-session",
        derived=HOST_KEY,
        created=1800000000,
        permanent=False,
        data={},
        text="[1800000000,0,{}]",
        payload="WzE4MDAwMDAwMDAsMCx7fV0",
        issued=1800000000,
        timestamp="a0nSAA",
        token="WzE4MDAwMDAwMDAsMCx7fV0.a0nSAA.cZ0ZH8uUF2372-beg-DI97nvK7-vqS8jjG6vz5_SxPY",
    ),
    "permanent": Vector(
        key=KEY,
        name="__Host-session",
        derived=HOST_KEY,
        created=1800000000,
        permanent=True,
        data={"user_id": 42, "name": "Zo\u00eb \U0001f600"},
        text=(r'[1800000000,1,{"user_id":42,"name":"Zo\u00eb \ud83d\ude00"}]'),
        payload=(
            "WzE4MDAwMDAwMDAsMSx7InVzZXJfaWQiOjQyLCJuYW1lIjoiWm9cdTAwZWIgXHVk"
            "ODNkXHVkZTAwIn1d"
        ),
        issued=1800003600,
        timestamp="a0ngEA",
        token=(
            "WzE4MDAwMDAwMDAsMSx7InVzZXJfaWQiOjQyLCJuYW1lIjoiWm9cdTAwZWIgXHVk"
            "ODNkXHVkZTAwIn1d.a0ngEA.3Tql345wtOof6LP6fx0zCfaWXujsOnBvYeyMJlpT"
            "_wg"
        ),
    ),
    "binary key": Vector(
        key=bytes(range(32)),
        name="session",
        derived="1fcaa2ded9b9a1b197d973f9523f43f637f7cb347240231d7f83c5ccbbe67938",
        created=0,
        permanent=False,
        data={"a": [1.5, -0.0, None, True]},
        text='[0,0,{"a":[1.5,-0.0,null,true]}]',
        payload="WzAsMCx7ImEiOlsxLjUsLTAuMCxudWxsLHRydWVdfV0",
        issued=255,
        timestamp="_w",
        token=(
            "WzAsMCx7ImEiOlsxLjUsLTAuMCxudWxsLHRydWVdfV0._w.d7M7VmD410Vf93r9b"
            "d7qEfbxbWDqUTlZ8CJ-pojIbsA"
        ),
    ),
    "every tag": Vector(
        key=KEY,
        name="__Host-session",
        derived=HOST_KEY,
        created=1800000000,
        permanent=False,
        data=EVERY_TAG,
        text=(
            '[1800000000,0,{"t":{" t":[1,{" t":[2]}]},"s":{" s":["a","b",10,9'
            ']},"f":{" f":[null,true]},"b":{" b":"AP8="},"d":{" d":"2027-01-1'
            '5T08:00:00.250000"},"da":{" d":"2027-01-15T09:00:00+01:00"},"df"'
            ':{" d":["2027-10-31T02:30:00",1]},"y":{" y":"2027-01-15"},"h":{"'
            ' h":"08:00:01"},"i":{" i":[-1,0,5]},"u":{" u":"12345678123456781'
            r'234567812345678"},"n":{" n":"1.10"},"m":{" m":"<b>\u00fc</b>"},"'
            'e":{" e":[" t",[1]]},"x":{" e":[" new",0]}}]'
        ),
        payload=(
            ".SIl1kEEPwUAQhf-KzNWUma1SDRL_wMFt7UFpQ0IPaBDpfzczKiGh2bxu3vt2-rq"
            "eU2ofJHzABbIHdEQ9Y7txoQkNwtkSUQ9rQMgBmXCsSWmJqK_qwwEvp7pQOzdbFOa"
            "LdAribM0RBUduFBFHnCwpzYhk9VyiLYxb_wTHL7BLnLVc-eb8C2SKYl6Sy2IFpaH"
            "2uBt0_xqmp3fmi0JbgdXdmyvqI5YbSXRCbZ4osIsHyXCU_nvrhMroSukeW8-jOaI"
            "wyWermqjcTPr5TKPCokL_QC4bPQf94O3DrYorIIWmCU9DsGcV"
        ),
        issued=1800000000,
        timestamp="a0nSAA",
        token=(
            ".SIl1kEEPwUAQhf-KzNWUma1SDRL_wMFt7UFpQ0IPaBDpfzczKiGh2bxu3vt2-rq"
            "eU2ofJHzABbIHdEQ9Y7txoQkNwtkSUQ9rQMgBmXCsSWmJqK_qwwEvp7pQOzdbFOa"
            "LdAribM0RBUduFBFHnCwpzYhk9VyiLYxb_wTHL7BLnLVc-eb8C2SKYl6Sy2IFpaH"
            "2uBt0_xqmp3fmi0JbgdXdmyvqI5YbSXRCbZ4osIsHyXCU_nvrhMroSukeW8-jOaI"
            "wyWermqjcTPr5TKPCokL_QC4bPQf94O3DrYorIIWmCU9DsGcV.a0nSAA.CubHnFb"
            "qlYLtqlmz635DSy0wHknB7HexSPosdp5V50c"
        ),
    ),
    "a host's value": Vector(
        key=KEY,
        name="__Host-session",
        derived=HOST_KEY,
        created=1800000000,
        permanent=False,
        data={"n": HostValue("NaN")},
        text='[1800000000,0,{"n":{" j":"NaN"}}]',
        payload="WzE4MDAwMDAwMDAsMCx7Im4iOnsiIGoiOiJOYU4ifX1d",
        issued=1800000000,
        timestamp="a0nSAA",
        token=(
            "WzE4MDAwMDAwMDAsMCx7Im4iOnsiIGoiOiJOYU4ifX1d.a0nSAA.vp8sAvRqJws"
            "kAgr340PTavnr3HfHUcfe7i5kSrCBBNk"
        ),
    ),
}

REFUSED = {
    "its last character decodes to the same bytes": (
        "WzE4MDAwMDAwMDAsMCx7fV0.a0nSAA.cZ0ZH8uUF2372-beg-DI97nvK7-vqS8jjG6vz5_SxPZ"
    ),
    "padding": (
        "WzE4MDAwMDAwMDAsMCx7fV0.a0nSAA.cZ0ZH8uUF2372-beg-DI97nvK7-vqS8jjG6vz5_SxPY="
    ),
    "a letter's case": (
        "wzE4MDAwMDAwMDAsMCx7fV0.a0nSAA.cZ0ZH8uUF2372-beg-DI97nvK7-vqS8jjG6vz5_SxPY"
    ),
    "signed as the cookie 'session'": (
        "WzE4MDAwMDAwMDAsMCx7fV0.a0nSAA.DmGrLsArGtk11Fi_jxyCd33qjsVkQMALaJF8s3oykZo"
    ),
    "authentic, and no object": (
        "WzE4MDAwMDAwMDAsMCxbXV0.a0nSAA.Vl5c6vipjhlv_S1hSgK2IEyuuzKrg3dVba-2zOBsm_g"
    ),
    "authentic, with an unknown tag": (
        "WzE4MDAwMDAwMDAsMCx7ImEiOnsiIHoiOjF9fV0.a0nSAA.bJ-QXs-N6CYJ4XmoR"
        "MoDsNUhCS7sarrRbYkNJ3XCjO0"
    ),
    "authentic, issued at 2**40": (
        "WzE4MDAwMDAwMDAsMCx7fV0.AQAAAAAA.mzQ4rX5jGydckJdviGomlJ1gqKRUDsEmJX0jAf_uWQw"
    ),
    "authentic, inflates to 65,537 bytes": (
        ".SIntwbENABAQAMBdvlbQiVVEYQuJ2F1jC3fXS81PymnHjBYLAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAACAz8QZFx3oAf0.a0nSAA.Dz2pZBjsuq3WDZa_OUZRwBCr1JrOwehg5LDlPMEp"
        "0FI"
    ),
}

every_vector = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)


@every_vector
def test_the_derived_key_is_the_hmac_of_the_salt(vector):
    raw = vector.key.encode() if isinstance(vector.key, str) else vector.key

    assert hmac.new(raw, vector.salt.encode(), "sha256").hexdigest() == vector.derived


@every_vector
def test_itsdangerous_derives_the_same_key(vector):
    signer = TimestampSigner(
        vector.key, vector.salt, key_derivation="hmac", digest_method=hashlib.sha256
    )

    assert signer.derive_key().hex() == vector.derived


@every_vector
def test_a_session_is_written_as_its_text(vector):
    text = vector.serializer.encode(vector.created, vector.permanent, vector.data)

    assert text == vector.text


@every_vector
def test_a_text_is_packed_into_its_payload(vector):
    payload = vector.serializer.pack(vector.text)

    if vector.payload.startswith("."):  # the rest is up to the zlib
        assert payload.startswith(b".")
        assert vector.serializer.decode(payload)[3] == vector.text
    else:
        assert payload.decode() == vector.payload


@every_vector
def test_a_payload_is_signed_into_its_token(vector):
    token = vector.serializer.sign(vector.payload.encode(), vector.issued)

    assert token == vector.token
    assert token.split(".")[-2] == vector.timestamp


@every_vector
def test_a_token_is_read_back_into_its_session(vector):
    payload, issued, key = vector.serializer.verify(vector.token)
    contents = vector.serializer.decode(payload)

    assert (issued, key) == (vector.issued, 0)
    assert contents == (vector.created, vector.permanent, vector.data, vector.text)
    assert {type(item) for item in contents[2].values()} == {
        type(item) for item in vector.data.values()
    }


def test_the_last_vectors_have_every_tag():
    tags = set(re.findall(r'^``(" .")``', PAGE, re.MULTILINE))

    text = VECTORS["every tag"].text + VECTORS["a host's value"].text

    assert len(tags) == 13
    assert all(f"{{{tag}:" in text for tag in tags)


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
def test_what_the_page_calls_refused_is_refused(token):
    serializer = VECTORS["empty"].serializer

    with pytest.raises(BadData):
        serializer.decode(serializer.verify(token)[0])


@pytest.mark.parametrize(
    "token",
    [token for title, token in REFUSED.items() if title.startswith("authentic")],
)
def test_what_is_called_authentic_is_signed_with_the_key(token):
    signed, _, signature = token.rpartition(".")
    signer = TimestampSigner(
        KEY,
        VECTORS["empty"].salt,
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )

    assert signer.get_signature(signed).decode() == signature


@every_vector
def test_the_page_has_every_step_of_every_vector(vector):
    key = vector.key if isinstance(vector.key, str) else f"(hex) {vector.key.hex()}"
    block = f"""\
    secret key   {key}
    salt         {vector.salt}
    derived key  {vector.derived}
    text         {vector.text}
    payload      {vector.payload}
    issued       {vector.issued}, written {vector.timestamp}
    token        {vector.token}
"""

    assert block in VECTORS_PAGE


def test_the_page_has_no_other_token():
    tokens = {vector.token for vector in VECTORS.values()} | set(REFUSED.values())

    assert set(re.findall(r"\S+\.\w+\.[\w-]{43}=?(?!\S)", VECTORS_PAGE)) == tokens


@pytest.mark.parametrize("title", REFUSED)
def test_the_page_has_every_refused_token(title):
    assert f"    # {title}\n    {REFUSED[title]}\n" in VECTORS_PAGE


@pytest.fixture(name="open_token")
def _open_token():
    """The page's own reader, which needs no library."""
    return reader_on_the_page("open_token", PAGE)


@every_vector
def test_the_page_s_reader_opens_every_vector(open_token, vector):
    key = vector.key.encode() if isinstance(vector.key, str) else vector.key

    created, flags, data, issued = open_token(vector.token, key, vector.name)

    assert (created, flags, issued) == (
        vector.created,
        int(vector.permanent),
        vector.issued,
    )
    assert data.keys() == vector.data.keys()


@pytest.mark.parametrize(
    "token",
    [token for title, token in REFUSED.items() if not title.startswith("authentic")],
)
def test_the_page_s_reader_refuses_what_is_not_signed(open_token, token):
    with pytest.raises(ValueError, match="not signed"):
        open_token(token, KEY.encode(), "__Host-session")
