"""Addresses and kinds of network."""

from __future__ import annotations

import pytest

from fanlight.enrich.network import address_class, network_classes, network_kind, network_prefix, parse_networks


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("8.8.8.8", "public"),
        ("10.1.2.3", "private"),
        ("192.168.0.1", "private"),
        ("fd00::1", "private"),
        ("169.254.1.1", "private"),
        ("100.64.9.9", "cgnat"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("192.0.2.44", "documentation"),
        ("2001:db8::44", "documentation"),
        ("0.0.0.0", "bogon"),
        ("224.0.0.1", "bogon"),
        ("240.0.0.1", "bogon"),
        ("not an address", "invalid"),
        (None, "invalid"),
    ],
)
def test_an_address_says_what_it_is(ip: str | None, expected: str) -> None:
    assert address_class(ip) == expected


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("192.0.2.44", "192.0.2.0/24"),
        ("192.0.2.44:4431", "192.0.2.0/24"),
        ("2001:db8:1:2::44", "2001:db8:1::/48"),
        ("[2001:db8:1:2::44]:443", "2001:db8:1::/48"),
        ("::ffff:192.0.2.44", "192.0.2.0/24"),
        ("garbage", None),
        (None, None),
    ],
)
def test_the_prefix_is_the_fallback_where_no_place_is_known(ip: str | None, expected: str | None) -> None:
    assert network_prefix(ip) == expected


def test_the_operators_word_goes_before_every_list() -> None:
    egress = parse_networks(["192.0.2.0/24"])
    assert network_kind("192.0.2.9", 9009, "M247", egress) == "office"
    assert network_kind("198.51.100.9", 9009, "M247", egress) == "vpn"


@pytest.mark.parametrize(
    ("ip", "asn", "name", "expected"),
    [
        ("198.51.100.9", 16509, "AMAZON-02", "hosting"),
        ("198.51.100.9", 60729, "TORSERVERS", "tor"),
        ("198.51.100.9", 22616, "ZSCALER-SJC", "secure_web_gateway"),
        ("198.51.100.9", 399358, "ANTHROPIC", "anthropic"),
        ("198.51.100.9", 64496, "Example Broadband", "home"),
        ("198.51.100.9", 64497, "Example Mobile Ltd", "mobile"),
        ("198.51.100.9", 64498, "Example VPS Hosting", "hosting"),
        ("198.51.100.9", 64499, "Ghostly Broadband", "home"),
        ("198.51.100.9", None, None, "unknown"),
        ("10.0.0.9", 64496, "Example Broadband", "private"),
        ("nonsense", 16509, "AMAZON-02", "unknown"),
    ],
)
def test_number_then_name_tell_the_kind(ip: str, asn: int | None, name: str | None, expected: str) -> None:
    assert network_kind(ip, asn, name) == expected


def test_a_proxy_that_a_source_reports_counts_when_no_list_knows_the_network() -> None:
    assert network_kind("198.51.100.9", 64496, "Example Broadband", (), True) == "vpn"


def test_a_number_outweighs_a_word() -> None:
    assert network_classes().class_of(16509, "Example VPN") == ("hosting", "number")
    assert network_classes().class_of(64496, "Example VPN") == ("vpn", "word")


def test_a_bad_network_is_named_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"'192\.0\.2\.0/99' is neither an IP address nor a network"):
        parse_networks(["192.0.2.0/24", "192.0.2.0/99"])


def test_the_company_s_own_vpn_is_not_somebody_s_relay() -> None:
    """An address of a VPN pool says `company_vpn`, also where it lies inside the egress."""
    pools, egress = parse_networks(["192.0.2.128/25"]), parse_networks(["192.0.2.0/24"])
    assert network_kind("192.0.2.200", 64500, "Some VPN", egress, vpn_pools=pools) == "company_vpn"
    assert network_kind("192.0.2.20", 64500, "Some VPN", egress, vpn_pools=pools) == "office"


def test_about_eighty_networks_are_known_by_number() -> None:
    """The curated list; each number stands in one class."""
    assert len(network_classes().by_number) >= 80
