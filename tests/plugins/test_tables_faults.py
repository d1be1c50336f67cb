"""What goes wrong with a unit's database: deferred, refused or unknown, with a reason, and nothing lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub import Deferred, Delivery, OutcomeUnknown, Receipt, Refused
from hub.testing import eventually, outcome_of
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from tests.mariadb import MariaDB
from tests.plugins.tables import Bench, bench
from tests.unitdatabase import UnitDatabase, on_mariadb


@pytest.fixture
async def at(tmp_path: Path, unit_database: UnitDatabase) -> AsyncIterator[Bench]:
    async with bench(tmp_path, unit_database) as made:
        yield made


def _user(at: Bench) -> str:
    return str(at.counterpart.settings["database"]).partition("//")[2].partition("@")[0]


async def _sent(at: Bench, delivery: Delivery, **settings: object) -> Receipt | Exception:
    async with at.connector(**settings) as connector:
        return (await outcome_of(connector, delivery)).outcome


async def _deferred(at: Bench, *words: str, **settings: object) -> None:
    """A send now is deferred for that reason, `check` says the same, and nothing of it is there."""
    ends = await _sent(at, at.delivery(), **settings)
    assert isinstance(ends, Deferred), ends
    async with at.connector(**settings) as connector:
        health = await connector.check()
    for word in words:
        assert word in ends.reason
        assert word in health.detail
    assert not health.ok


async def test_what_is_well_says_so(at: Bench) -> None:
    async with at.connector() as connector:
        health = await connector.check()
    assert (health.ok, health.detail) == (True, "")


async def test_a_missing_column_and_a_missing_table_are_named_with_what_may_be_meant(at: Bench) -> None:
    at.software.do("ALTER TABLE connect_document RENAME COLUMN title TO titel" if _is_postgresql(at) else
                   "ALTER TABLE CONNECT_DOCUMENT RENAME COLUMN TITLE TO TITEL")  # fmt: skip
    at.software.do("DROP TABLE connect_process_out" if _is_postgresql(at) else "DROP TABLE CONNECT_PROCESS_OUT")
    await _deferred(at, "bảng CONNECT_DOCUMENT không có cột TITLE", "gần giống: ", "không có bảng CONNECT_PROCESS_OUT")


async def test_a_column_that_goes_while_the_hub_runs_is_named_and_all_goes_on_when_it_is_back(at: Bench) -> None:
    table = "connect_document" if _is_postgresql(at) else "CONNECT_DOCUMENT"
    async with at.listening() as connector:
        await connector.send(at.delivery("1/CV"))
        await at.apart(at.software.do, f"ALTER TABLE {table} RENAME COLUMN title TO titel")
        assert isinstance((await outcome_of(connector, at.delivery("2/CV"))).outcome, Deferred)
        ends = (await outcome_of(connector, at.delivery("2/CV"))).outcome
        assert isinstance(ends, Deferred)
        assert "TITLE" in ends.reason.upper()
        await at.apart(
            at.software.do, f"ALTER TABLE {table} RENAME COLUMN titel TO {'title' if _is_postgresql(at) else 'TITLE'}"
        )
        key = await at.apart(at.write)
        await eventually(lambda: at.software.state(key)[0] == 1)
        await connector.send(at.delivery("3/CV"))
        assert (await connector.check()).ok


async def test_a_column_of_the_wrong_type_is_named(at: Bench) -> None:
    table, column = ("connect_document", "doc_code") if _is_postgresql(at) else ("CONNECT_DOCUMENT", "DOC_CODE")
    kind = "ALTER COLUMN {} TYPE integer USING 0" if _is_postgresql(at) else "MODIFY {} integer"
    at.software.do(f"ALTER TABLE {table} {kind.format(column)}")
    ends = await _sent(at, at.delivery())
    assert isinstance(ends, Deferred)
    assert "DOC_CODE" in ends.reason.upper()
    assert "sửa ánh xạ" in ends.reason


async def test_a_column_that_must_be_filled_and_is_not_is_the_mappings_fault(at: Bench) -> None:
    table = "connect_document" if _is_postgresql(at) else "CONNECT_DOCUMENT"
    at.software.do(f"ALTER TABLE {table} ADD COLUMN need integer NOT NULL")
    ends = await _sent(at, at.delivery())
    assert isinstance(ends, Deferred), ends
    assert "Ánh xạ không khớp" in ends.reason
    assert "need" in ends.reason


async def test_a_value_that_their_rules_forbid_is_refused(at: Bench) -> None:
    table = "connect_document" if _is_postgresql(at) else "CONNECT_DOCUMENT"
    at.software.do(f"ALTER TABLE {table} ADD CONSTRAINT hop_le CHECK (priority < 2)")
    ends = await _sent(at, at.delivery(body=a_document(urgency=3)))  # type: ignore[arg-type]  # a value that no type allows
    assert isinstance(ends, Refused)
    assert ends.code == "tables-refused"
    assert at.software.rows("CONNECT_DOCUMENT") == []


@pytest.mark.root
async def test_a_wrong_password_is_named(tmp_path: Path, unit_on_mariadb: UnitDatabase) -> None:
    async with bench(tmp_path, unit_on_mariadb) as at:
        await _deferred(at, "không nhận tên hoặc mật khẩu", password="sai-mat-khau")


async def test_a_database_that_is_not_there_is_named(at: Bench) -> None:
    other = at.counterpart.settings["database"] + "_khong_co"
    if not _is_postgresql(at):
        # It tells nobody whether one is there that he may not use.
        await _deferred(at, "chưa được cấp quyền", database=other)
        return
    await _deferred(at, "không có cơ sở dữ liệu này", database=other)


async def test_rights_that_are_missing_are_named(at: Bench) -> None:
    table = "connect_attachment" if _is_postgresql(at) else "CONNECT_ATTACHMENT"
    name = at.counterpart.settings["database"].rpartition("/")[2]
    if _is_postgresql(at):
        at.software.do(f"REVOKE INSERT ON {table} FROM {_user(at)}")
    else:
        tables = [each for each in at.software.tables if each != table]
        at.software.do(f"REVOKE ALL ON {name}.* FROM {_user(at)}")
        for each in tables:
            at.software.do(f"GRANT ALL ON {name}.{each} TO {_user(at)}")
        at.software.do(f"GRANT SELECT, UPDATE ON {name}.{table} TO {_user(at)}")
    try:
        ends = await _sent(at, at.delivery())
    finally:
        if not _is_postgresql(at):
            at.software.do(f"GRANT ALL ON {name}.* TO {_user(at)}")
    assert isinstance(ends, Deferred), ends
    assert "chưa được cấp quyền" in ends.reason
    assert at.software.rows("CONNECT_DOCUMENT") == []


async def test_a_row_that_their_software_holds_waits_and_holds_up_no_other(at: Bench) -> None:
    held, free = at.write("1/CV"), at.write("2/CV")
    with at.software.holding("CONNECT_DOCUMENT", held):
        async with at.listening(timeout="2s") as connector:
            await eventually(lambda: at.software.state(free)[0] == 1, 20)
            await eventually(lambda: any("đang khóa" in poll.trouble for poll in connector._polls), 20)
    async with at.listening():
        await eventually(lambda: at.software.state(held)[0] == 1, 20)
    assert sorted(body.code for body in at.bodies()) == ["1/CV", "2/CV"]


async def test_a_database_that_goes_away_and_comes_back(at: Bench) -> None:
    async with at.listening() as connector:
        await connector.send(at.delivery("1/CV"))
        at.line.refuses = True
        at.line.cut()
        ends = (await outcome_of(connector, at.delivery("2/CV"))).outcome
        assert isinstance(ends, Deferred)
        assert "Không kết nối được" in ends.reason
        health = await connector.check()
        assert (health.ok, "Không kết nối được" in health.detail) == (False, True)
        at.line.refuses = False
        await connector.send(at.delivery("2/CV"))
        key = await at.apart(at.write)
        await eventually(lambda: at.software.state(key)[0] == 1)


async def test_a_connection_that_dies_in_the_middle_undoes_all_of_it(at: Bench) -> None:
    delivery = at.delivery(files={"lon.pdf": bytes(range(256)) * 20_000})
    async with at.connector() as connector:
        task = asyncio.create_task(outcome_of(connector, delivery))
        await eventually(lambda: at.line.carried > 1_000_000)
        at.line.cut()
        ends = (await task).outcome
        assert isinstance(ends, Deferred), ends
        assert await connector.find(delivery) is None
        await connector.send(delivery)
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]
    assert len(at.software.rows("CONNECT_ATTACHMENT")) == 1


@pytest.mark.parametrize("reached", [True, False], ids=["deaf", "lost"])
async def test_a_commit_whose_answer_is_lost_is_settled_by_a_look(at: Bench, reached: bool) -> None:
    delivery = at.delivery()
    async with at.connector() as connector:
        await connector.check()
        at.line.deaf, at.line.lost = (1, 0) if reached else (0, 1)
        ends = (await outcome_of(connector, delivery)).outcome
        assert isinstance(ends, OutcomeUnknown), ends
        assert "không rõ" in str(ends)
        await asyncio.sleep(0.3)
        found = await connector.find(delivery)
        assert (found is not None) is reached
        assert isinstance(await connector.send(delivery), Receipt)
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]


@pytest.mark.parametrize("reached", [True, False], ids=["deaf", "lost"])
async def test_a_mark_whose_commit_is_lost_is_one_input(at: Bench, reached: bool) -> None:
    key = at.write()
    at.line.deaf, at.line.lost = (1, 0) if reached else (0, 1)
    async with at.listening():
        await eventually(lambda: at.software.state(key) == (1, [1], 1, None), 20)
        await asyncio.sleep(0.3)
    assert len(at.inbox.accepted) == 1
    assert len({each.source_key for each in at.inbox.offered}) == 1


async def test_a_server_that_hangs_is_cut_off(at: Bench) -> None:
    async with at.connector(timeout="2s") as connector:
        await connector.check()
        at.line.hangs = True
        started = asyncio.get_running_loop().time()
        ends = (await outcome_of(connector, at.delivery())).outcome
        assert isinstance(ends, Deferred | OutcomeUnknown)
        assert asyncio.get_running_loop().time() - started < 12
        at.line.hangs = False
        assert (await connector.check()).ok


async def test_a_commit_that_gets_no_answer_is_unknown_and_there(at: Bench) -> None:
    delivery = at.delivery()
    async with at.connector(timeout="2s") as connector:
        await connector.check()
        at.line.stuck = 1
        ends = (await outcome_of(connector, delivery)).outcome
        assert isinstance(ends, OutcomeUnknown), ends
        at.line.hangs = False
        assert await connector.find(delivery)
        assert isinstance(await connector.send(delivery), Receipt)
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]


async def test_a_send_that_is_given_up_leaves_nothing_half_done(at: Bench) -> None:
    delivery = at.delivery()
    async with at.connector() as connector:
        await connector.check()
        at.line.hangs = True
        task = asyncio.create_task(connector.send(delivery))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
        at.line.hangs = False
        assert await connector.find(delivery) is None
        await connector.send(delivery)
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]


async def test_too_many_connections_wait(at: Bench) -> None:
    if _is_postgresql(at):
        at.software.do(f"ALTER ROLE {_user(at)} CONNECTION LIMIT 0")
    else:
        at.software.do(f"ALTER USER {_user(at)} WITH MAX_QUERIES_PER_HOUR 1")
    try:
        await _deferred(at, "đã đầy hoặc quá tải")
    finally:
        restored = (
            f"ALTER ROLE {_user(at)} CONNECTION LIMIT -1"
            if _is_postgresql(at)
            else f"ALTER USER {_user(at)} WITH MAX_QUERIES_PER_HOUR 0"
        )
        at.software.do(restored)


@pytest.mark.postgresql
async def test_a_database_that_only_reads_waits(tmp_path: Path, unit_on_postgresql: UnitDatabase) -> None:
    async with bench(tmp_path, unit_on_postgresql) as at:
        at.software.do(f"ALTER ROLE {_user(at)} SET default_transaction_read_only = on")
        try:
            await _reads_alone(at)
        finally:
            at.software.do(f"ALTER ROLE {_user(at)} RESET default_transaction_read_only")


@pytest.mark.root
async def test_a_server_that_only_reads_waits(tmp_path: Path) -> None:
    """All of a server is made so: it is one of its own."""
    server = MariaDB.planned()
    try:
        await asyncio.to_thread(server.start)
        async with bench(tmp_path, on_mariadb(server, "unit")) as at:
            at.software.do("SET GLOBAL read_only = 1")
            await _reads_alone(at)
    finally:
        await asyncio.to_thread(server.remove)


async def _reads_alone(at: Bench) -> None:
    ends = await _sent(at, at.delivery())
    assert isinstance(ends, Deferred)
    assert "chỉ cho đọc" in ends.reason


@pytest.mark.root
async def test_tables_without_transactions_are_refused(tmp_path: Path, unit_on_mariadb: UnitDatabase) -> None:
    async with bench(tmp_path, unit_on_mariadb) as at:
        at.software.do("ALTER TABLE CONNECT_DOC_SEND ENGINE = MyISAM")
        await _deferred(at, "bảng CONNECT_DOC_SEND dùng MyISAM, không có giao dịch")


async def test_a_key_that_need_not_be_unique_is_doubtful(at: Bench) -> None:
    if _is_postgresql(at):
        at.software.do("ALTER TABLE connect_document DROP CONSTRAINT connect_document_edoc_id_key")
    else:
        at.software.do("ALTER TABLE CONNECT_DOCUMENT DROP INDEX EDOC_ID")
    async with at.connector() as connector:
        health = await connector.check()
        assert (health.ok, health.detail) == (True, "cột CONNECT_DOCUMENT.EDOC_ID nên có chỉ mục UNIQUE")
        delivery = at.delivery()
        await asyncio.gather(*(connector.send(delivery) for _ in range(5)))
    assert [each.edoc for each in at.software.arrived()] == [delivery.id]


async def test_what_another_writer_put_there_first_is_not_written_twice(at: Bench) -> None:
    at.write("52/TTr-UBND")
    delivery = at.delivery(body=an_answer(a_document("52/TTr-UBND", BINH_SON), "03", HOME_AFFAIRS))
    async with at.connector() as one, at.connector() as other:
        ends = await asyncio.gather(*(outcome_of(each, delivery) for each in (one, other) * 4))
    assert {str(each.outcome) for each in ends} == {str(ends[0].outcome)}
    assert len(at.software.heard()) == 1


def _is_postgresql(at: Bench) -> bool:
    return str(at.counterpart.settings["database"]).startswith("postgresql")
