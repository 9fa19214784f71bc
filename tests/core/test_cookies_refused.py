"""What browsers would drop or misread is refused before a cookie is ever written."""

from __future__ import annotations

import pytest

from session_middleware.cookies import Cookie
from session_middleware.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("option", "options"),
    [
        pytest.param("cookie_name", {"name": ""}, id="empty name"),
        pytest.param("cookie_name", {"name": "a b"}, id="space in the name"),
        pytest.param("cookie_name", {"name": "a=b"}, id="equals sign in the name"),
        pytest.param("cookie_name", {"name": "a;b"}, id="semicolon in the name"),
        pytest.param("cookie_name", {"name": "a,b"}, id="comma in the name"),
        pytest.param("cookie_name", {"name": 'a"'}, id="quote in the name"),
        pytest.param("cookie_name", {"name": "a\n"}, id="newline in the name"),
        pytest.param("cookie_name", {"name": "\x00"}, id="control in the name"),
        pytest.param("cookie_name", {"name": "\xe4"}, id="name not ASCII"),
        pytest.param("cookie_name", {"name": "n" * 1025}, id="name too long"),
        pytest.param("cookie_name", {"name": None}, id="no name"),
        pytest.param("cookie_name", {"name": b"s"}, id="name of bytes"),
        pytest.param("cookie_name", {"name": 3}, id="name of a number"),
        pytest.param("cookie_name", {"name": []}, id="name of a list"),
        pytest.param("cookie_name", {"name": "__HOST-s"}, id="prefix in capitals"),
        pytest.param(
            "cookie_name", {"name": "__secure-s"}, id="prefix in small letters"
        ),
        pytest.param("cookie_name", {"name": "__Host-http-s"}, id="half a prefix"),
        pytest.param("cookie_name", {"name": "__Host-"}, id="nothing but a prefix"),
        pytest.param("cookie_domain", {"domain": ""}, id="empty domain"),
        pytest.param("cookie_domain", {"domain": "."}, id="a dot"),
        pytest.param("cookie_domain", {"domain": "..example.com"}, id="two dots"),
        pytest.param("cookie_domain", {"domain": "example..com"}, id="an empty label"),
        pytest.param("cookie_domain", {"domain": "example.com."}, id="a last dot"),
        pytest.param("cookie_domain", {"domain": "https://a.example"}, id="a URL"),
        pytest.param("cookie_domain", {"domain": "a.example:80"}, id="a port"),
        pytest.param("cookie_domain", {"domain": "a.example/x"}, id="a path in it"),
        pytest.param("cookie_domain", {"domain": "a.example; x"}, id="an attribute"),
        pytest.param("cookie_domain", {"domain": "a.example\n"}, id="domain's newline"),
        pytest.param("cookie_domain", {"domain": "-a.example"}, id="a hyphen first"),
        pytest.param("cookie_domain", {"domain": "a_b.example"}, id="an underscore"),
        pytest.param(
            "cookie_domain", {"domain": "a" * 64 + ".example"}, id="long label"
        ),
        pytest.param("cookie_domain", {"domain": "a." * 126 + "com"}, id="long domain"),
        pytest.param("cookie_domain", {"domain": "\xfc." * 9999}, id="endless domain"),
        pytest.param("cookie_domain", {"domain": "127.0.0.1"}, id="an IPv4 address"),
        pytest.param("cookie_domain", {"domain": "127.1"}, id="a short IPv4 address"),
        pytest.param("cookie_domain", {"domain": "1.0x7f"}, id="a hexadecimal address"),
        pytest.param("cookie_domain", {"domain": "::1"}, id="an IPv6 address"),
        pytest.param("cookie_domain", {"domain": "com"}, id="a top-level domain"),
        pytest.param("cookie_domain", {"domain": "localhost"}, id="localhost"),
        pytest.param("cookie_domain", {"domain": "stra\xdfe.example"}, id="sharp s"),
        pytest.param("cookie_domain", {"domain": "\ud800.example"}, id="half a letter"),
        pytest.param("cookie_domain", {"domain": b"a.example"}, id="domain of bytes"),
        pytest.param("cookie_domain", {"domain": []}, id="domain of a list"),
        pytest.param("cookie_path", {"path": ""}, id="empty path"),
        pytest.param("cookie_path", {"path": "app"}, id="path without a slash"),
        pytest.param("cookie_path", {"path": "/a;b"}, id="semicolon in the path"),
        pytest.param("cookie_path", {"path": "/a\r\nb"}, id="newline in the path"),
        pytest.param("cookie_path", {"path": "/\xe4"}, id="path not ASCII"),
        pytest.param("cookie_path", {"path": "/a b"}, id="space in the path"),
        pytest.param("cookie_path", {"path": "/#a"}, id="fragment in the path"),
        pytest.param("cookie_path", {"path": "/?a"}, id="query in the path"),
        pytest.param("cookie_path", {"path": "/a\\b"}, id="backslash in the path"),
        pytest.param("cookie_path", {"path": "/a/../b"}, id="dots in the path"),
        pytest.param("cookie_path", {"path": "/" * 1025}, id="path too long"),
        pytest.param("cookie_path", {"path": None}, id="no path"),
        pytest.param("cookie_path", {"path": ["/"]}, id="path of a list"),
        pytest.param("cookie_secure", {"secure": 1}, id="secure of a number"),
        pytest.param("cookie_httponly", {"httponly": None}, id="httponly of None"),
        pytest.param(
            "cookie_partitioned", {"partitioned": "no"}, id="partitioned text"
        ),
        pytest.param("cookie_samesite", {"samesite": "lax"}, id="samesite in small"),
        pytest.param("cookie_samesite", {"samesite": ""}, id="samesite empty"),
        pytest.param("cookie_samesite", {"samesite": False}, id="samesite False"),
        pytest.param("cookie_samesite", {"samesite": []}, id="samesite of a list"),
        pytest.param(
            "cookie_samesite",
            {"samesite": "None", "secure": False},
            id="SameSite=None without Secure",
        ),
        pytest.param(
            "cookie_partitioned",
            {"partitioned": True, "secure": False},
            id="Partitioned without Secure",
        ),
        *(
            pytest.param(option, {"name": name, **options}, id=f"{name} {options}")
            for name, option, options in [
                ("__Secure-s", "cookie_secure", {"secure": False}),
                ("__Host-s", "cookie_secure", {"secure": False}),
                ("__Host-s", "cookie_path", {"path": "/app"}),
                ("__Host-s", "cookie_domain", {"domain": "a.example"}),
                ("__Http-s", "cookie_secure", {"secure": False}),
                ("__Http-s", "cookie_httponly", {"httponly": False}),
                ("__Host-Http-s", "cookie_secure", {"secure": False}),
                ("__Host-Http-s", "cookie_httponly", {"httponly": False}),
                ("__Host-Http-s", "cookie_path", {"path": "/app"}),
                ("__Host-Http-s", "cookie_domain", {"domain": "a.example"}),
            ]
        ),
    ],
)
def test_what_browsers_would_drop_is_refused_by_the_options_name(option, options):
    with pytest.raises(ConfigurationError) as caught:
        Cookie(**{"name": "s", **options})

    assert caught.value.option == option
    assert str(caught.value) == f"{option}: {caught.value.reason}"


@pytest.mark.parametrize("field", ["name", "domain", "path"])
def test_cve_2024_47764_no_field_can_bring_in_an_attribute(field):
    """A JavaScript library wrote names, domains and paths with ``;`` in them."""
    good = {"name": "s", "domain": "a.example", "path": "/app"}

    with pytest.raises(ConfigurationError):
        Cookie(**{**good, field: good[field] + "; Domain=b.example"})


@pytest.mark.parametrize(
    ("given_domain", "written"),
    [
        (".example.com", "example.com"),
        ("EXAMPLE.Com", "example.com"),
        ("b\xfccher.example", "xn--bcher-kva.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
    ],
)
def test_a_domain_is_written_as_browsers_compare_it(given_domain, written):
    assert f"; Domain={written};" in Cookie("s", given_domain).line("v")
