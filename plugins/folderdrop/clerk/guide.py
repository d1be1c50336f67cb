"""The text of `HUONG-DAN.html`. Pure; everything that is put in is escaped already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from plugins.folderdrop.clerk import pictures, texts
from plugins.folderdrop.clerk.cases import Stage


@dataclass(frozen=True, slots=True)
class Sending:
    """What the guide says of sending from this folder."""

    #: names of the folders of groups in `gui-di`
    groups: tuple[str, ...] = ()
    #: seconds that a document can still be stopped, and one that is hỏa tốc
    hold: float = 120.0
    hold_flash: float = 15.0


STYLE = """
svg{display:block;width:100%;height:auto;margin:.6rem 0}
.motto{font-size:1.08rem;background:#e9f1f8;border-left:5px solid var(--blue);border-radius:0 8px 8px 0;
 padding:.8rem 1.1rem;margin:1rem 0;font-weight:600}
h2{font-size:1.2rem;margin:2rem 0 .4rem;padding-bottom:.25rem;border-bottom:2px solid var(--blue)}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
.forms{list-style:none;counter-reset:form;padding:0;margin:.5rem 0;display:grid;grid-template-columns:1fr 1fr;gap:.7rem}
.forms li{counter-increment:form;border:1px solid var(--line);border-radius:8px;padding:.6rem .8rem .6rem 2.9rem;
 position:relative}
.forms li:before{content:counter(form);position:absolute;left:.75rem;top:.65rem;width:1.5rem;height:1.5rem;
 border-radius:50%;background:var(--blue);color:#fff;font-weight:600;text-align:center;line-height:1.5rem}
.forms b{display:block}
pre{margin:.4rem 0;padding:.7rem 1rem;background:#fbfaf4;border:1px solid #e6e0c8;border-radius:8px;
 font:inherit;font-size:.95rem;white-space:pre-wrap}
.groups code{display:inline-block;margin:.1rem .25rem .1rem 0}
.call{margin-top:1.6rem;padding:.7rem 1.1rem;border-radius:8px;background:var(--blue);color:#fff;font-weight:600}
@media(max-width:40rem){.forms{grid-template-columns:minmax(0,1fr)}}
@media print{@page{margin:10mm 13mm}html{font-size:9.3pt}body{line-height:1.36}h1{margin:0}
 .motto{font-size:10.5pt;padding:5px 10px;margin:5px 0}h2{margin:7px 0 3px}h3{margin:7px 0 2px}p{margin:2px 0}
 .forms{gap:6px}.forms li{padding-top:4px;padding-bottom:4px}pre{line-height:1.4;padding:4px 10px}
 th,td{padding:3px 6px}.second{break-before:page}svg{width:86%;margin:2px auto}.call{margin-top:8px;padding:5px 10px}}
"""


@dataclass(frozen=True, slots=True)
class Receiving:
    """What the guide says of what comes."""

    #: how long a step can be taken back, and a refusal, in words
    grace: str
    refusal: str
    #: the stages that the unit has
    given: Collection[Stage] = frozenset(Stage)


def body(unit: str, receiving: Receiving, sending: Sending | None, hotline: str) -> str:
    """The page's body: sending where the folder can, then receiving, then whom to call."""
    return "".join((_head(unit, sending), _sending(sending), _receiving(receiving, sending), _call(hotline)))


def _head(unit: str, sending: Sending | None) -> str:
    if sending is None:
        title, motto = "Nhận văn bản điện tử bằng thư mục", "Kéo cả thư mục văn bản sang ô đúng việc đã làm."
    else:
        title = "Gửi và nhận văn bản điện tử bằng thư mục"
        motto = (
            "Kéo cả thư mục văn bản sang ô đúng việc đã làm; gửi đi thì bỏ vào <code>gui-di</code>; "
            "muốn lấy lại thì kéo sang <code>thu-hoi</code>."
        )
    return f'<p class="over">{unit}</p><h1>{title}</h1><div class="motto">{motto}</div>'


def _sending(sending: Sending | None) -> str:
    if sending is None:
        return ""
    return (
        f"<h2>Gửi văn bản đi</h2>{pictures.going_out(sending.hold)}<h3>Bốn cách gửi</h3>{_FORMS}"
        f"{_groups(sending.groups)}<h3>Phiếu gửi</h3>{_SLIP}{_AFTER}{_mistaken(sending)}"
    )


def _mistaken(sending: Sending) -> str:
    never = "<strong>Văn bản mật không bao giờ gửi qua đây.</strong>"
    if sending.hold < 1:
        return f"<p>{never}</p>"
    flash = texts.span(sending.hold_flash) if sending.hold_flash >= 1 else "chuyển ngay, không dừng được"
    return f"<p>{_MISTAKEN.format(hold=texts.span(sending.hold), flash=flash)} {never}</p>"


def _groups(groups: Sequence[str]) -> str:
    shown = "".join(f"<code>{escape(name)}</code>" for name in groups)
    ready = f"Thư mục nơi nhận có sẵn trong <code>gui-di</code>: {shown}. " if groups else ""
    return f'<p class="groups">{ready}{_OWN_FOLDERS}</p>'


def _receiving(receiving: Receiving, sending: Sending | None) -> str:
    last = "" if sending else "<p>Thư mục này chưa dùng để gửi văn bản đi.</p>"
    second = ' class="second"' if sending else ""
    optional = "".join(row for stage, row in _OPTIONAL.items() if stage in receiving.given)
    steps = f"{_STEPS}{optional}{_LAST_STEP}".format(grace=receiving.grace, refusal=receiving.refusal)
    picture = pictures.coming_in(receiving.given)
    coming = _COMING.format(picture=picture, steps=steps, refusal=receiving.refusal)
    return f"<h2{second}>Nhận văn bản đến</h2>{coming}{last}"


def _call(hotline: str) -> str:
    return f'<p class="call">Cần giúp: gọi {escape(texts.line(hotline, 60))}</p>' if hotline.strip() else ""


_FORMS = """
<ol class="forms">
<li><b>Một thư mục là một văn bản</b>Để tệp PDF đã ký số, các phụ lục và <code>PHIEU-GUI.txt</code> vào chung
một thư mục, rồi kéo cả thư mục vào <code>gui-di</code>.</li>
<li><b>Thả vào thư mục nơi nhận</b>Thả tệp PDF đã ký số hoặc cả thư mục văn bản vào thư mục mang tên nơi nhận; không cần
phiếu gửi nếu tên tệp có số và ngày: <code>1254-UBND-KGVX 23-11-2026 Trích yếu.pdf</code>.</li>
<li><b>Một tệp PDF kèm phiếu</b>Đặt tên tệp như ở cách 2, thả vào <code>gui-di</code> cùng
<code>PHIEU-GUI.txt</code>.</li>
<li><b>Gói tin edXML</b>Tệp mà phần mềm quản lý văn bản xuất ra: thả thẳng vào <code>gui-di</code>; nơi nhận đã ghi bên
trong.</li>
</ol>
"""
_OWN_FOLDERS = """Chưa có thư mục của nơi cần gửi thì tạo một thư mục mang tên nơi đó trong <code>gui-di</code>.
<code>_Nhieu noi nhan</code> dành cho văn bản có phiếu ghi nhiều nơi nhận."""
_SLIP = """
<p>Chép <code>MAU-PHIEU-GUI.txt</code> thành <code>PHIEU-GUI.txt</code>, điền những dòng cần; chỉ khi thay một văn bản
đã gửi mới ghi thêm “Thay thế: số, ký hiệu của văn bản cũ”:</p>
<pre>Gửi: Sở Nội vụ; Sở Tài chính; UBND các xã, phường, đặc khu
Số, ký hiệu: 1254/UBND-KGVX
Ngày: 23/11/2026
Trích yếu: V/v chuyển đổi số trong công tác văn thư
Độ khẩn: Khẩn</pre>
"""
_AFTER = """
<h3>Sau khi thả vào</h3>
<table>
<tr><th>Thấy ở</th><th>Nghĩa là</th><th>Việc cần làm</th></tr>
<tr><td><code>da-gui\\2026-11</code></td><td>Trục liên thông đã nhận giữ văn bản, để trong thư mục của tháng
dưới tên mới: <code>1254-UBND-KGVX ~7K3</code>.</td>
<td>Mở <code>BIEN-NHAN.html</code> (hoặc <code>BIEN-NHAN.txt</code>) để biết từng nơi nhận đã tiếp nhận chưa.</td></tr>
<tr><td><code>tra-lai\\2026-11</code></td><td>Chưa gửi được, chưa ai nhận được.</td>
<td>Mở tệp <code>LY-DO.txt</code> bên cạnh, sửa theo lời trong đó, rồi kéo lại vào <code>gui-di</code>.</td></tr>
<tr><td>vẫn ở <code>gui-di</code></td><td>Tệp còn đang mở, hoặc có dấu hiệu mật.</td>
<td>Lưu và đóng tệp; có <code>LY-DO.txt</code> bên cạnh thì làm theo.</td></tr>
</table>
"""
_MISTAKEN = """<strong>Gửi nhầm?</strong> Trong {hold} đầu (hỏa tốc: {flash}) kéo thư mục từ <code>da-gui</code> sang
<code>thu-hoi</code>: chưa gửi cho ai. Sau đó cũng kéo sang <code>thu-hoi</code> rồi gõ lý do vào
<code>ly-do.txt</code>: các nơi nhận được yêu cầu thu hồi, <code>BIEN-NHAN.html</code> cho biết nơi nào đồng ý."""
_STEPS = """\
<tr><td><code>3-da-tiep-nhan</code></td><td><span class="tag">Đã tiếp nhận</span></td>
<td class="span">{grace}</td>
<td>Muốn báo số đến: thêm số vào đầu tên thư mục, ví dụ <code>1254 …</code>.</td></tr>
<tr><td><code>2-tu-choi</code></td><td><span class="tag hot">Từ chối tiếp nhận</span></td>
<td class="span">{refusal}</td>
<td>Bắt buộc có lý do: kéo xong sẽ có <code>ly-do.txt</code> trong thư mục; mở ra, gõ lý do, lưu lại. Tính từ lúc kéo,
và ít nhất {grace} sau lần lưu lý do cuối cùng.</td></tr>
"""
_OPTIONAL = {
    Stage.ASSIGNED: """\
<tr><td><code>4-phan-cong\\tên cán bộ</code></td><td><span class="tag">Đã phân công xử lý</span></td>
<td class="span">{grace}</td>
<td>Tạo thư mục con mang tên cán bộ trong <code>4-phan-cong</code>.</td></tr>
""",
    Stage.PROCESSING: """\
<tr><td><code>5-dang-xu-ly</code></td><td><span class="tag">Đang xử lý</span></td>
<td class="span">{grace}</td><td></td></tr>
""",
}
_LAST_STEP = """\
<tr><td><code>6-hoan-thanh</code></td><td><span class="tag">Đã hoàn thành</span></td>
<td class="span">{grace}</td>
<td>Muốn gửi kèm kết quả: ghi vào <code>ket-qua.txt</code> trong thư mục trước khi kéo; ghi sau khi đã báo thì không
được gửi. Báo xong, thư mục nằm trong tháng: <code>6-hoan-thanh\\2026-11</code>.</td></tr>
"""
_COMING = """
<p>Mỗi văn bản đến là <strong>một thư mục</strong> trong <code>van-ban-den\\1-moi-den</code>. Kéo thư mục đó sang ô đúng
việc đã làm; hệ thống tự báo cho nơi gửi.</p>{picture}
<table>
<tr><th>Kéo thư mục vào</th><th>Nơi gửi được báo</th><th>Sau</th><th>Ghi thêm</th></tr>
{steps}</table>
<p>Kéo thẳng từ <code>1-moi-den</code> sang <code>6-hoan-thanh</code> cũng được: nơi gửi được báo cả
“Đã tiếp nhận” và “Đã hoàn thành”.</p>
<h3>Khi kéo nhầm</h3>
<p>Kéo trả về chỗ cũ (hoặc <kbd>Ctrl</kbd>+<kbd>Z</kbd>) trước thời gian ghi ở cột “Sau”: chưa ai được báo gì.
Quá thời gian đó thì không rút lại được; hệ thống đưa thư mục về ô đã báo và để lại <code>GHI-CHU.txt</code>.</p>
<h3>Khi nơi gửi thu hồi</h3>
<p>Thấy <code>THU-HOI.txt</code> (hoặc <code>THAY-THE.txt</code>, <code>CAP-NHAT.txt</code>) trong thư mục văn bản:
không sử dụng văn bản đó nữa. Kéo thư mục vào <code>7-dong-y-thu-hoi</code>: sau {refusal} nơi gửi được báo “Đồng ý”,
các tệp được hủy. Không thể đồng ý thì kéo vào <code>8-khong-dong-y-thu-hoi</code>, gõ lý do vào
<code>ly-do.txt</code>.</p>
<h3>Cần biết thêm</h3>
<p>Còn văn bản phải hồi báo thì có <code>NHAC-VIEC.html</code> ở đầu thư mục; trả lời xong trang đó tự mất.</p>
<p>Đổi tên thư mục văn bản, để thêm tệp của mình vào đó đều được; tệp thêm không bị gửi đi đâu.</p>
<p>Xóa thư mục không phải là một cách trả lời: hệ thống đặt lại một lần; xóa lần nữa thì thôi, nhưng văn bản vẫn còn mở
trong <code>theo-doi.html</code>.</p>
<p>Xem các văn bản đang mở: <code>theo-doi.html</code>.
Xem từng văn bản: <code>phieu.html</code> trong thư mục của nó. Sổ văn bản đến tự ghi những văn bản đã tiếp nhận:
<code>so-van-ban-den-&lt;năm&gt;.xlsx</code>.</p>
"""
