"""Whom a unit can send to."""

from __future__ import annotations

from hub.addressing import address_book
from hub.directory import Directory
from hub.routing import Group
from hub.standards.addresses import AddressGroup, Contact
from hub.vocabulary import Unit

NV = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48", ("H48.14",))
XA = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
AXIS = Unit("truc", "Trục quốc gia", "000.00.00.g22", ("H01",))
GROUPS = {"xa": Group("xa", ("xa-binh-son", "so-nv"), "Các xã"), "mot": Group("mot", ("so-nv",), "Một mình")}


def test_everyone_but_oneself_can_be_addressed() -> None:
    book = address_book(Directory([NV, XA, AXIS], others="truc"), GROUPS, "so-nv")

    assert book.contacts == (
        Contact("xa-binh-son", "000.00.31.H48", "UBND xã Bình Sơn"),
        Contact("000.00.00.G22", "000.00.00.g22", "Trục quốc gia", ("H01",)),
    )
    assert book.groups == (AddressGroup("xa", "Các xã", ("xa-binh-son",)), AddressGroup("mot", "Một mình", ()))
    assert book.former == ()


def test_the_axis_addresses_our_units_and_not_itself() -> None:
    book = address_book(Directory([NV, XA, AXIS], others="truc"), {}, "truc")

    assert [contact.id for contact in book.contacts] == ["so-nv", "xa-binh-son"]


def test_others_without_a_code_of_their_own_are_no_contact() -> None:
    nameless = Unit("truc", "Trục quốc gia", "")

    assert [contact.id for contact in address_book(Directory([NV, nameless], "truc"), {}, "xa").contacts] == ["so-nv"]
