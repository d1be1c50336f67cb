"""The address book that a unit sees, made from the configuration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hub.addressing import address_book
from hub.directory import Directory
from hub.groups import DatedGroup, Term, of_heirs, on
from hub.routing import Group
from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former
from hub.vocabulary import Unit

END, AFTER = date(2025, 6, 30), date(2025, 7, 1)
NV = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48", ("H48.14", "Sở NV"))
TTTT = Unit("so-tttt", "Sở Thông tin", "000.00.20.H48", ("H48.20",), until=END, successors=("so-khcn",))
KHCN = Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48")
DISTRICT = Unit("tra-bong", "UBND huyện Trà Bồng", "000.00.40.H48", until=END, successors=("so-nv", "so-khcn"))
VPCP = Unit("vpcp", "Văn phòng Chính phủ", "000.00.00.G22")
DIRECTORY = Directory((NV, TTTT, KHCN, DISTRICT, VPCP), "vpcp")
GROUPS = {
    "cac-so": Group("cac-so", ("so-nv", "so-tttt", "so-khcn"), "Các sở, ban, ngành"),
    "mot-minh": Group("mot-minh", ("so-nv",)),
    "huyen": DatedGroup("huyen", ("tra-bong", "so-khcn"), "UBND huyện", {"so-khcn": (Term(AFTER),)}),
}


def book(unit: str, day: date) -> AddressBook:
    directory = DIRECTORY.on(day)
    return address_book(directory, of_heirs(on(GROUPS, day), directory), unit)


def test_everyone_but_oneself_and_the_groups_of_the_day() -> None:
    assert book("so-nv", END) == AddressBook(
        (
            Contact("so-tttt", "000.00.20.H48", "Sở Thông tin", ("H48.20",)),
            Contact("so-khcn", "000.00.15.H48", "Sở Khoa học và Công nghệ"),
            Contact("tra-bong", "000.00.40.H48", "UBND huyện Trà Bồng"),
            Contact("000.00.00.G22", "000.00.00.G22", "Văn phòng Chính phủ", outside=True),
        ),
        (
            AddressGroup("cac-so", "Các sở, ban, ngành", ("so-tttt", "so-khcn")),
            AddressGroup("mot-minh", "mot-minh", ()),
            AddressGroup("huyen", "UBND huyện", ("tra-bong",)),
        ),
    )


def test_those_that_are_no_more_stand_apart_with_who_took_over() -> None:
    found = book("vpcp", AFTER)

    assert [contact.id for contact in found.contacts] == ["so-nv", "so-khcn"]
    assert [(group.id, group.members) for group in found.groups] == [
        ("cac-so", ("so-nv", "so-khcn")),
        ("mot-minh", ("so-nv",)),
        ("huyen", ("so-khcn",)),
    ]
    assert found.groups[1].name == "mot-minh"
    assert found.former == (
        Former("Sở Thông tin", ("000.00.20.H48", "H48.20"), END, ("so-khcn",)),
        Former("UBND huyện Trà Bồng", ("000.00.40.H48",), END, ("so-nv", "so-khcn")),
    )


def test_who_stands_for_the_others_without_a_code_is_nobody_to_write_to() -> None:
    nameless = Directory((NV, KHCN, replace(VPCP, code="")), "vpcp")
    assert [contact.id for contact in address_book(nameless, {}, "so-nv").contacts] == ["so-khcn"]
