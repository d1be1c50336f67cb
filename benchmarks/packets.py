"""Real edXML packets of a wanted size, and the check that what arrived is what was dropped."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import dataclass
from pathlib import Path

SENDER = "000.00.14.H48"
RECEIVER = "000.00.31.H48"

_NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_FORM = f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{_NAMESPACE}">
  <edXML:edXMLEnvelope xmlns:edXML="{_NAMESPACE}">
    <edXML:edXMLHeader>
      <edXML:MessageHeader>
        <edXML:From>
          <edXML:OrganId>{SENDER}</edXML:OrganId>
          <edXML:OrganizationInCharge>UBND tỉnh Quảng Ngãi</edXML:OrganizationInCharge>
          <edXML:OrganName>Sở Nội vụ</edXML:OrganName>
          <edXML:Email>vanthu@so-nv.invalid</edXML:Email>
        </edXML:From>
        <edXML:To>
          <edXML:OrganId>{RECEIVER}</edXML:OrganId>
          <edXML:OrganizationInCharge>UBND tỉnh Quảng Ngãi</edXML:OrganizationInCharge>
          <edXML:OrganName>UBND xã Bình Sơn</edXML:OrganName>
          <edXML:Email>vanthu@xa-binh-son.invalid</edXML:Email>
        </edXML:To>
        <edXML:DocumentId>%(id)s</edXML:DocumentId>
        <edXML:Code>
          <edXML:CodeNumber>%(number)d</edXML:CodeNumber>
          <edXML:CodeNotation>SNV-VP</edXML:CodeNotation>
        </edXML:Code>
        <edXML:PromulgationInfo>
          <edXML:Place>Quảng Ngãi</edXML:Place>
          <edXML:PromulgationDate>2025/03/12</edXML:PromulgationDate>
        </edXML:PromulgationInfo>
        <edXML:DocumentType>
          <edXML:Type>1</edXML:Type>
          <edXML:TypeDetail>0</edXML:TypeDetail>
          <edXML:TypeName>Công văn</edXML:TypeName>
        </edXML:DocumentType>
        <edXML:Subject>V/v gửi, nhận văn bản điện tử, lần %(number)d</edXML:Subject>
        <edXML:Content>V/v gửi, nhận văn bản điện tử</edXML:Content>
        <edXML:SignerInfo>
          <edXML:Competence>KT. GIÁM ĐỐC</edXML:Competence>
          <edXML:Position>Phó Giám đốc</edXML:Position>
          <edXML:FullName>Nguyễn Văn A</edXML:FullName>
        </edXML:SignerInfo>
        <edXML:OtherInfo>
          <edXML:Priority>0</edXML:Priority>
          <edXML:PromulgationAmount>1</edXML:PromulgationAmount>
          <edXML:PageAmount>2</edXML:PageAmount>
          <edXML:Direction>false</edXML:Direction>
        </edXML:OtherInfo>
        <edXML:SteeringType>1</edXML:SteeringType>
        <edXML:ToPlaces>
          <edXML:Place>Như trên</edXML:Place>
          <edXML:Place>Lưu: VT</edXML:Place>
        </edXML:ToPlaces>
      </edXML:MessageHeader>
      <edXML:TraceHeaderList>
        <edXML:TraceHeader>
          <edXML:OrganId>{SENDER}</edXML:OrganId>
          <edXML:Timestamp>2025/03/12 08:00:00</edXML:Timestamp>
        </edXML:TraceHeader>
        <edXML:Bussiness>
          <edXML:BussinessDocType>0</edXML:BussinessDocType>
          <edXML:BussinessDocReason>Văn bản điện tử mới</edXML:BussinessDocReason>
          <edXML:Paper>0</edXML:Paper>
        </edXML:Bussiness>
      </edXML:TraceHeaderList>
    </edXML:edXMLHeader>
    <edXML:edXMLBody>
      <edXML:edXMLManifest version="1.0">
        <edXML:Reference>
          <edXML:ContentId>cid:%(number)d</edXML:ContentId>
          <edXML:ContentType>application/pdf</edXML:ContentType>
          <edXML:AttachmentName>cong-van-%(number)d.pdf</edXML:AttachmentName>
        </edXML:Reference>
      </edXML:edXMLManifest>
    </edXML:edXMLBody>
  </edXML:edXMLEnvelope>
  <AttachmentEncoded>
    <Attachment>
      <ContentId>cid:%(number)d</ContentId>
      <AttachmentName>cong-van-%(number)d.pdf</AttachmentName>
      <ContentType>application/pdf</ContentType>
      <edXML:ContentTransferEncoded xmlns:edXML="{_NAMESPACE}">%(text)s</edXML:ContentTransferEncoded>
    </Attachment>
  </AttachmentEncoded>
</edXML>
"""
_MAGIC = b"%PDF-1.7\n"
_ID = re.compile(rb"<edXML:DocumentId>([^<]*)<")
_TEXT = re.compile(rb"<(?:\w+:)?ContentTransferEncoded[^>]*>([^<]*)<")


@dataclass(frozen=True, slots=True)
class Print:
    """What makes a document this one: its id, and the SHA-256 of its attachment."""

    document_id: str
    digest: str


def render(number: int, size: int) -> tuple[bytes, Print]:
    """A packet of about `size` bytes from the sender to the receiver, and its print.

    The same number and size give the same bytes.
    """
    name = f"{SENDER},2025/03/12,{number}/SNV-VP"
    header = len((_FORM % {"id": name, "number": number, "text": ""}).encode())
    raw = _MAGIC + random.Random(number).randbytes((size - header) * 3 // 4 - len(_MAGIC))
    text = base64.b64encode(raw).decode()
    packet = (_FORM % {"id": name, "number": number, "text": text}).encode()
    return packet, Print(name, hashlib.sha256(raw).hexdigest())


def file_name(number: int) -> str:
    """What the sender's software calls the packet of that number."""
    return f"cong-van-{number:06d}.edxml"


def read(packet: bytes) -> Print | None:
    """The print of a packet that arrived. None where it is not whole or not ours."""
    name, text = _ID.search(packet), _TEXT.search(packet)
    if name is None or text is None:
        return None
    try:
        raw = base64.b64decode(text[1], validate=True)
    except ValueError:
        return None
    return Print(name[1].decode(), hashlib.sha256(raw).hexdigest())


def write(folder: Path, number: int, size: int) -> tuple[Path, Print]:
    """Put a packet into a folder. Returns its path and its print."""
    packet, mark = render(number, size)
    path = folder / file_name(number)
    path.write_bytes(packet)
    return path, mark
