"""The text of `HUONG-DAN.html`."""

from __future__ import annotations

GUIDE = """
<p class="over">{unit}</p>
<h1>Nhận văn bản điện tử bằng thư mục</h1>
<p>Trục liên thông văn bản tỉnh đặt mỗi văn bản đến thành <strong>một thư mục</strong> trong
<code>van-ban-den\\1-moi-den</code>. Điều duy nhất cần nhớ:</p>
<div class="help" style="margin-top:.75rem"><strong>Kéo cả thư mục văn bản sang ô đúng việc đã làm.</strong>
Hệ thống tự báo cho nơi gửi.</div>
<h2>Các ô trong van-ban-den</h2>
<table>
<tr><th>Kéo thư mục vào</th><th>Nơi gửi được báo</th><th>Sau</th><th>Ghi thêm</th></tr>
<tr><td><code>3-da-tiep-nhan</code></td><td><span class="tag">Đã tiếp nhận</span></td>
<td class="span">{grace}</td>
<td>Muốn báo số đến: thêm số vào đầu tên thư mục, ví dụ <code>1254 …</code>.</td></tr>
<tr><td><code>2-tu-choi</code></td><td><span class="tag hot">Từ chối tiếp nhận</span></td>
<td class="span">{refusal}</td>
<td>Bắt buộc có lý do: mở <code>ly-do.txt</code> trong thư mục, gõ lý do, lưu lại.</td></tr>
<tr><td><code>4-phan-cong\\tên cán bộ</code></td><td><span class="tag">Đã phân công xử lý</span></td>
<td class="span">{grace}</td>
<td>Tạo thư mục con mang tên cán bộ trong <code>4-phan-cong</code>.</td></tr>
<tr><td><code>5-dang-xu-ly</code></td><td><span class="tag">Đang xử lý</span></td>
<td class="span">{grace}</td><td></td></tr>
<tr><td><code>6-hoan-thanh</code></td><td><span class="tag">Đã hoàn thành</span></td>
<td class="span">{grace}</td>
<td>Có thể ghi kết quả vào <code>ket-qua.txt</code> trong thư mục trước khi kéo.</td></tr>
</table>
<p>Kéo thẳng từ <code>1-moi-den</code> sang <code>6-hoan-thanh</code> cũng được: nơi gửi được báo cả
“Đã tiếp nhận” và “Đã hoàn thành”.</p>
<h2>Khi kéo nhầm</h2>
<p>Kéo trả về chỗ cũ (hoặc <kbd>Ctrl</kbd>+<kbd>Z</kbd>) trước thời gian ghi ở cột “Sau”: chưa ai được báo gì.
Quá thời gian đó thì không rút lại được; hệ thống đưa thư mục về ô đã báo và để lại <code>GHI-CHU.txt</code>.</p>
<h2>Cần biết thêm</h2>
<p>Đổi tên thư mục văn bản, để thêm tệp của mình vào đó đều được; tệp thêm không bị gửi đi đâu.</p>
<p>Xóa thư mục không phải là một cách trả lời: hệ thống đặt lại một lần.</p>
<p>Xem các văn bản đang mở: <code>theo-doi.html</code>.
Xem từng văn bản: <code>phieu.html</code> trong thư mục của nó.</p>
<p>Thư mục này chưa dùng để gửi văn bản đi.</p>
"""
