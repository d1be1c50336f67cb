"""What is planted into the code to see whether the tests are awake: each fault with the tests that must go red."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One exact replacement in one file."""

    name: str
    #: what is wrong with a hub that has it
    wrong: str
    path: str
    old: str
    new: str
    #: node ids; without parameters: at least one of its cases must go red
    tests: tuple[str, ...]
    #: what every failure must say; "": that an assertion failed
    says: str = ""
    #: its sweep meets it by chance: the slow points are taken too
    whole: bool = False


_LEDGER, _INBOX, _DISPATCHER = "tests/test_ledger.py", "tests/test_inbox.py", "tests/test_dispatcher.py"
_SWEEP, _ELSEWHERE = "tests/crash/test_kill_sweep.py", "tests/crash/test_power_cut_elsewhere.py"
_CRASH, _DISKS = "tests/plugins/test_folderdrop_crash.py", "tests/crash/test_faults.py"
_RECEIVING, _SENDING = "tests/plugins/test_centralhub_receiving.py", "tests/plugins/test_centralhub_sending.py"
_PROVINCIAL, _TRAFFIC = "tests/plugins/test_centralhub_provincial.py", "tests/plugins/test_centralhub_traffic.py"
_FETCHING, _AXIS = "tests/test_fetching.py", "tests/plugins/test_axis.py"
_TAKING, _PLACING = "tests/plugins/test_folderdrop_intake.py", "tests/plugins/test_folderdrop_place.py"

FAULTS = (
    Fault(
        "synchronous-normal",
        "commits survive kill -9 and not a power cut: what guides to SQLite recommend",
        "hub/ledger/engine.py",
        '"synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}\n_WORDS = {"synchronous": "FULL"',
        '"synchronous": 1, "foreign_keys": 1, "busy_timeout": 60_000}\n_WORDS = {"synchronous": "NORMAL"',
        (f"{_ELSEWHERE}::test_bodies_on_a_disk_of_their_own",),
        says="I1 ",
    ),
    Fault(
        "acknowledged-early",
        "what waits for a commit is told before it that it is done",
        "hub/ledger/writer.py",
        '            failpoint("ledger.before_commit")\n',
        "            tickets[0].future.get_loop().call_soon_threadsafe(_resolve, tickets)\n"
        "            threading.Event().wait(0.01)\n"
        '            failpoint("ledger.before_commit")\n',
        (f"{_SWEEP}::test_a_kill_at_every_failpoint_loses_and_doubles_nothing",),
        says="I1 ",
    ),
    Fault(
        "commit-error-swallowed",
        "what could not be committed is acknowledged",
        "hub/ledger/writer.py",
        "        for ticket in tickets:\n            ticket.error = failure\n",
        "",
        ("tests/test_ledger.py::test_what_could_not_be_committed_is_told_to_all_who_wait_and_nothing_more_is_taken",),
    ),
    Fault(
        "folder-not-synced",
        "the bytes of a blob are synced and its name is not: ext4 forgives it, other file systems do not",
        "hub/blobs.py",
        "    try:\n        os.fsync(descriptor)\n    finally:\n",
        "    try:\n        pass\n    finally:\n",
        (
            f"{_SWEEP}::test_every_name_that_appears_is_synced_with_its_folder",
            f"{_ELSEWHERE}::test_bodies_on_a_disk_of_their_own",
        ),
    ),
    Fault(
        "arrivals-not-synced",
        "a receipt is given before the receiver's folder is synced",
        "plugins/folderdrop/place.py",
        '            os.fsync(dirs.in_)\n            failpoint("folderdrop.placed")\n',
        '            failpoint("folderdrop.placed")\n',
        (f"{_SWEEP}::test_every_name_that_appears_is_synced_with_its_folder",),
    ),
    Fault(
        "name-as-key",
        "an input is known by its name: another file of that name counts as taken already",
        "plugins/folderdrop/naming.py",
        '    return f"{shown(name)}|{inode}|{mtime_ns}"\n',
        "    return shown(name)\n",
        (f"{_TAKING}::test_the_same_name_may_come_again",),
    ),
    Fault(
        "doubt-forgotten",
        "what may have arrived is sent again without a look and without a word",
        "hub/ledger/lanes.py",
        "_DOUBTFUL = {DeliveryState.SENDING, DeliveryState.UNCERTAIN}\n",
        "_DOUBTFUL: set[DeliveryState] = set()\n",
        (
            f"{_DISPATCHER}::test_what_a_crash_left_in_flight_is_asked_about",
            f"{_SWEEP}::test_a_kill_at_every_failpoint_loses_and_doubles_nothing",
        ),
        whole=True,
    ),
    Fault(
        "resend-unflagged",
        "what nobody can tell is sent again and does not say so",
        "hub/dispatcher.py",
        "    return replace(taken.delivery, possible_duplicate=True) if taken.doubtful else taken.delivery\n",
        "    return taken.delivery\n",
        (f"{_DISPATCHER}::test_what_nobody_can_tell_is_sent_again_and_says_so",),
    ),
    Fault(
        "failure-called-known",
        "a share that fails after the rename is said not to have the file",
        "plugins/folderdrop/place.py",
        'return [OutcomeUnknown(f"the share failed: {error}") for _draft in drafts]',
        'return [Deferred(f"the share failed: {error}") for _draft in drafts]',
        (f"{_PLACING}::test_a_share_that_fails_after_the_rename_leaves_the_outcome_unknown",),
    ),
    Fault(
        "wall-clock-timers",
        "pauses and leases are counted by a clock that jumps",
        "hub/clock.py",
        "        return time.monotonic()\n",
        "        return time.time()\n",
        ("tests/test_clock.py::test_pauses_are_counted_by_a_clock_that_never_jumps",),
    ),
    Fault(
        "settling-by-wall-clock",
        "a file counts as settled because somebody set the clock",
        "plugins/folderdrop/intake.py",
        "self._context.clock.monotonic())\n        # What was renamed",
        "self._context.clock.now().timestamp())\n        # What was renamed",
        (f"{_TAKING}::test_a_clock_that_jumps_settles_nothing",),
    ),
    Fault(
        "unmounted-is-empty",
        "a share that is not mounted is read as an empty one",
        "plugins/folderdrop/share.py",
        "        except (OSError, ValueError) as error:\n"
        '            raise Outage(f"Thư mục chia sẻ mất dấu nhận dạng .hub/unit (share marker unreadable): {error}.")'
        " from error\n",
        "        except (OSError, ValueError):\n            return\n",
        ("tests/plugins/test_folderdrop_share.py::test_an_outage_creates_nothing_and_ends_by_itself",),
    ),
    Fault(
        "counted-after-reading",
        "attempts are counted after the file was read: one that kills the hub kills it for ever",
        "plugins/folderdrop/connector.py",
        "                self._tries[leftover.key] = await inbox.tries(leftover.key)\n"
        "            tries = self._tries[leftover.key]\n"
        "            batch = await self._hands.do(self._intake.take_leftover, leftover, tries)\n",
        "                self._tries[leftover.key] = 1\n"
        "            batch = await self._hands.do(self._intake.take_leftover, leftover, 1)\n"
        "            await inbox.tries(leftover.key)\n",
        (f"{_CRASH}::test_a_file_that_kills_the_hub_is_kept_unread_and_costs_its_neighbours_nothing",),
    ),
    Fault(
        "fsync-error-swallowed",
        "a folder that cannot be synced counts as synced",
        "hub/blobs.py",
        "    try:\n        os.fsync(descriptor)\n    finally:\n",
        "    try:\n        os.fsync(descriptor)\n    except OSError:\n        pass\n    finally:\n",
        (
            "tests/test_blobs.py::test_after_a_failed_fsync_nothing_is_stored_any_more",
            f"{_DISKS}::test_a_disk_that_fails_ends_the_hub_and_the_next_start_is_clean[fsync-1-data/blobs]",
        ),
    ),
    Fault(
        "pid-file-lock",
        "a number in a file keeps a second hub out, not a lock",
        "hub/lock.py",
        "        if not _taken(descriptor):\n",
        "        noted = os.pread(descriptor, 64, 0).decode().strip()\n"
        "        if noted and os.path.exists(f'/proc/{noted}'):\n",
        ("tests/test_lock.py::test_a_number_that_another_process_has_now_keeps_nobody_out",),
        says="AlreadyRunning",
    ),
    Fault(
        "blob-unchecked",
        "bytes that are not those that were accepted are sent",
        "hub/carrying/intact.py",
        "    if digest.hexdigest() != blob.digest:\n",
        "    if left:\n",
        (f"{_PLACING}::test_a_damaged_blob_is_never_sent_and_stops_only_itself",),
    ),
    Fault(
        "chain-unverified",
        "a changed line of the history is not found",
        "hub/ledger/chain.py",
        "        elif line.hash != digest(previous, line):\n",
        "        elif not line.hash:\n",
        (
            f"{_LEDGER}::test_a_changed_event_is_found[sqlite]",
            "tests/test_cli_keeping.py::test_a_changed_ledger_is_found_at_its_first_bad_record",
        ),
    ),
    Fault(
        "fence-ignored",
        "one who lost a lane still writes its outcomes",
        "hub/ledger/lanes.py",
        "    if not transaction.execute(_HOLD, mine).rowcount:\n",
        "    if transaction.execute(_HOLD, mine).rowcount < 0:\n",
        (f"{_LEDGER}::test_a_lane_has_one_holder[sqlite]",),
    ),
    Fault(
        "order-lost",
        "a lane is worked from its end",
        "hub/ledger/lanes.py",
        '    .order_by(DELIVERIES.c.seq)\n    .limit(bindparam("most"))\n',
        '    .order_by(DELIVERIES.c.seq.desc())\n    .limit(bindparam("most"))\n',
        (
            f"{_LEDGER}::test_a_lane_keeps_its_order[sqlite]",
            f"{_DISPATCHER}::test_everything_arrives_once_and_in_order",
        ),
    ),
    Fault(
        "hold-let-go-early",
        "a document that may still be stopped goes at once",
        "hub/ledger/intake.py",
        "        due_at = self._transaction.now + timedelta(seconds=proposal.hold)\n",
        "        due_at = self._transaction.now + timedelta(seconds=0 * proposal.hold)\n",
        ("tests/test_holding.py::test_a_held_document_goes_when_its_time_is_over[sqlite]",),
    ),
    Fault(
        "plugin-uncontained",
        "an error of a plugin that only listens is the hub's own",
        "hub/plugins.py",
        '                self._complain(f"{implementation.plugin_name} {hook}", error)\n',
        "                raise SystemError from error\n",
        (f"{_INBOX}::test_a_listening_plugin_that_fails_stops_nothing",),
        says="SystemError",
    ),
    Fault(
        "exit-uncontained",
        "a connector that leaves takes the hub along",
        "hub/containment.py",
        "    except asyncio.CancelledError:\n        raise\n    except BaseException",
        "    except (asyncio.CancelledError, SystemExit):\n        raise\n    except BaseException",
        ("tests/test_supervisor.py::test_one_that_would_end_the_process_ends_only_itself",),
        says="SystemExit",
    ),
    Fault(
        "secrecy-skipped",
        "a packet with a degree of secrecy is stored and sent",
        "hub/standards/edxml/reader.py",
        "    _refuse_secrets(body)\n",
        "",
        ("tests/test_secrecy.py::test_a_packet_with_such_an_attachment_is_refused",),
    ),
    Fault(
        "reserve-ignored",
        "intake fills the disk to its end",
        "hub/inbox.py",
        "        return self.blobs.free() - size >= reserve\n",
        "        return self.blobs.free() - size >= 0 * reserve\n",
        (
            f"{_INBOX}::test_intake_leaves_the_reserve_and_answers_may_use_half",
            f"{_DISKS}::test_on_a_full_disk_intake_stops_and_deliveries_go_on",
        ),
    ),
    Fault(
        "sender-unchecked",
        "a unit speaks for another",
        "hub/inbox.py",
        "        if not directory.speaks_for(self.unit, body.sender.id):\n            reason",
        "        if not directory.speaks_for(self.unit, self.unit):\n            reason",
        (f"{_INBOX}::test_nobody_speaks_for_another",),
    ),
    Fault(
        "conflict-taken",
        "other content under a number that is known replaces what was sent",
        "hub/ledger/past.py",
        "        if known and not same and not proposal.decided and",
        "        if known and not same and proposal.decided and",
        (f"{_LEDGER}::test_other_content_under_a_known_id_is_quarantined[sqlite]",),
    ),
    Fault(
        "dropped-silently",
        "an addressee that nobody knows is passed over without a word",
        "hub/ledger/intake.py",
        "_why_unknown(proposal, code)) for code in unknown]\n",
        "_why_unknown(proposal, code)) for code in unknown[:0]]\n",
        (f"{_LEDGER}::test_an_unknown_addressee_is_a_dead_letter_beside_the_known_ones[sqlite]",),
    ),
    Fault(
        "half-taken",
        "a file is taken before it is whole",
        "plugins/folderdrop/stability.py",
        "    return unchanged >= settle\n",
        "    return unchanged >= 0 * settle\n",
        (f"{_TAKING}::test_a_closed_half_is_not_taken_before_it_has_settled",),
    ),
    Fault(
        "link-followed",
        "a file that was swapped for a link is opened through it",
        "plugins/folderdrop/claims.py",
        "_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC\n",
        "_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC\n",
        ("tests/plugins/test_folderdrop_traps.py::test_no_file_is_opened_through_a_link",),
    ),
    Fault(
        "overwritten",
        "what lies in a receiver's folder is overwritten",
        "plugins/folderdrop/place.py",
        "        system.rename_new(dirs.temporary, draft.temporary, dirs.in_, draft.name)\n",
        "        os.rename(draft.temporary, draft.name, src_dir_fd=dirs.temporary, dst_dir_fd=dirs.in_)\n",
        (f"{_PLACING}::test_a_name_taken_in_the_last_moment_is_not_overwritten",),
    ),
    Fault(
        "rows-unverified",
        "rows that were altered beside a chain that is whole are not found",
        "hub/ledger/proofs.py",
        "                yield from strange(case)\n",
        "                yield from list(strange(case))[:0]\n",
        (
            "tests/test_cli_keeping.py::test_a_row_that_is_not_as_the_events_say_is_named",
            "tests/crash/test_alterations.py::test_alterations_of_every_kind_are_found",
        ),
    ),
    Fault(
        "checkpoint-unsigned",
        "a checkpoint that somebody forged is believed",
        "hub/keeping/checkpoints.py",
        "        key.verify(signature, _canonical(asdict(signed.checkpoint)))\n",
        "        _canonical(asdict(signed.checkpoint))\n",
        ("tests/test_checkpoints.py::test_what_a_checkpoint_shows[forge-its signature is wrong]",),
    ),
    Fault(
        "old-copy-run-on",
        "a hub runs on a ledger that lost what it held",
        "hub/keeping/sealing.py",
        "        if not has(views, mark):\n            raise Damaged(\n",
        "        if not mark:\n            raise Damaged(\n",
        ("tests/test_checkpoints.py::test_a_ledger_that_lost_what_it_held_is_not_run_on",),
    ),
    Fault(
        "central-done-early",
        "the central hub is told that a packet is done before it is in custody",
        "plugins/centralhub/polling.py",
        '        failpoint("central.fetched")\n        outcomes =',
        '        failpoint("central.fetched")\n'
        '        await self._confirm([(each.row.doc_id, "done") for each in fetched])\n'
        "        outcomes =",
        (
            f"{_RECEIVING}::test_nothing_is_confirmed_before_it_is_accepted",
            f"{_PROVINCIAL}::test_nothing_is_confirmed_before_it_is_accepted",
        ),
    ),
    Fault(
        "rest-confirmed-early",
        "a unit's software is told that a document is taken before it is in custody",
        "plugins/eoffice/rest/polling.py",
        '        failpoint("rest.fetched")\n        outcomes =',
        '        failpoint("rest.fetched")\n'
        "        await self._confirm([(each.row.id, Word(True)) for each in fetched])\n"
        "        outcomes =",
        ("tests/plugins/test_eoffice_rest_faults.py::test_nothing_is_confirmed_before_it_is_accepted",),
    ),
    Fault(
        "shared-sync-forgotten",
        "who waits for a sync that others began is told that it went well",
        "hub/blobs.py",
        "            put.error = error\n",
        "            put.error = None\n",
        ("tests/test_redo.py::test_what_goes_wrong_with_their_sync_is_told_to_each",),
    ),
    Fault(
        "verdicts-mixed-up",
        "inputs of many endpoints that are judged together get each other's verdicts",
        "hub/ledger/writer.py",
        "                for ticket in group:\n",
        "                for ticket in reversed(group):\n",
        ("tests/test_ledger.py::test_inputs_of_many_who_wait_are_judged_together_and_each_gets_his_own[sqlite]",),
    ),
    Fault(
        "axis-judged-too-late",
        "what a unit's software sent is judged by an endpoint that is closed",
        "plugins/eoffice/axis/intake.py",
        "            if self._is_over:\n",
        "            if False:\n",
        ("tests/plugins/test_axis_again.py::test_what_is_read_when_its_endpoint_goes_is_not_judged_any_more",),
    ),
    Fault(
        "redo-not-synced",
        "small bodies are called durable before the redo journal is on the disk",
        "hub/redo.py",
        "        os.fdatasync(self._file)\n        self._last",
        "        self._last",
        ("tests/test_redo.py::test_after_a_power_cut_all_that_was_put_is_there[False]",),
    ),
    Fault(
        "redo-cleared-unsettled",
        "a full redo journal is begun again before the files of its bodies are synced",
        "hub/redo.py",
        "        self._settle(journal)\n",
        "",
        ("tests/test_redo.py::test_after_a_power_cut_all_that_was_put_is_there[True]",),
    ),
    Fault(
        "central-journal-not-synced",
        "the central hub's id of what was sent is lost in a power cut, and the document goes again",
        "hub/carrying/journal.py",
        "await asyncio.to_thread(self._write, lines, sync=True)",
        "await asyncio.to_thread(self._write, lines, sync=False)",
        ("tests/plugins/test_centralhub_journal.py::test_what_arrived_is_on_the_disk_before_the_hub_is_told",),
    ),
    Fault(
        "central-resend-unasked",
        "what may have arrived is sent again, and the central hub's list is not asked",
        "plugins/centralhub/sending.py",
        "            rows = await self._client.sent(key, delivery.envelope.received_at)\n",
        "            rows = await self._client.sent(key, delivery.envelope.received_at) if known else None\n",
        (
            f"{_SENDING}::test_what_arrived_unseen_is_found_and_not_sent_again",
            f"{_SENDING}::test_two_in_doubt_are_found_in_their_order",
        ),
    ),
    Fault(
        "central-page-is-empty",
        "a web page in place of a list is read as an empty one",
        "plugins/centralhub/vxpclient.py",
        "        except vxp.NotAnAnswer as error:\n            raise Outage(",
        '        except vxp.NotAnAnswer as error:\n            return vxp.Said("0", "", {})\n            raise Outage(',
        (f"{_RECEIVING}::test_an_outage_is_never_an_empty_list[html]",),
    ),
    Fault(
        "central-recipient-mixed-up",
        "every copy is the one of whom the document names first",
        "plugins/centralhub/sending.py",
        "        return next((organ for organ in named if folded(organ) == folded(code)), code)\n",
        "        return next(iter(named), code)\n",
        (
            f"{_SENDING}::test_each_of_several_recipients_gets_the_copy_that_is_its_own",
            f"{_PROVINCIAL}::test_whom_a_rule_added_gets_a_copy_that_names_nobody_else",
        ),
    ),
    Fault(
        "central-refused-and-asked-on",
        "a refused password is tried again and again, until the account is locked",
        "hub/carrying/traffic.py",
        "self._close(str(error), self._limits.retry_credentials, denied=True)",
        "self._close(str(error), 0.0, denied=True)",
        (
            f"{_TRAFFIC}::test_a_refused_secret_rests_long_and_an_error_of_its_own_does_not",
            f"{_PROVINCIAL}::test_wrong_credentials_are_said_once_and_not_hammered",
        ),
    ),
    Fault(
        "central-days-left-out",
        "what came while the line was away for longer than the days that are asked for is never listed",
        "plugins/centralhub/provincial/client.py",
        "if since else first\n",
        "if since and since > now else first\n",
        (f"{_PROVINCIAL}::test_an_outage_longer_than_the_days_that_are_asked_for_hides_nothing",),
    ),
    Fault(
        "axis-ok-early",
        "a unit's software is told that a packet is taken before it is in custody",
        "plugins/eoffice/axis/intake.py",
        "        judged = list(map(Judged, incoming, await self._inbox.accept(incoming)))\n",
        "        taking = asyncio.ensure_future(self._inbox.accept(incoming))\n"
        "        await asyncio.wait({taking}, timeout=0.01)\n"
        "        early = taking.result() if taking.done() else [Acceptance(each.source_key) for each in incoming]\n"
        "        judged = list(map(Judged, incoming, early))\n",
        (f"{_AXIS}::test_nothing_is_said_before_it_is_in_custody",),
    ),
    Fault(
        "axis-anothers-fetched",
        "a unit that knows a docId gets another's packet, and says of it what it likes",
        "hub/ledger/fetching.py",
        'DELIVERIES.c.recipient.in_(bindparam("lanes", expanding=True))\n',
        'DELIVERIES.c.recipient.in_(bindparam("lanes", expanding=True)) | DELIVERIES.c.recipient.is_not(None)\n',
        (f"{_FETCHING}::test_nobody_touches_anothers[sqlite]", f"{_AXIS}::test_no_unit_sees_what_is_anothers"),
    ),
    Fault(
        "axis-done-not-durable",
        "a unit's `done` is answered before it is committed, or where it never is",
        "hub/ledger/fetching.py",
        "        return await self._writer.run(partial(say, lanes=lanes, "
        "delivery_id=delivery_id, said=said, reason=reason))\n",
        "        done = self._writer.run(partial(say, lanes=lanes, "
        "delivery_id=delivery_id, said=said, reason=reason))\n"
        "        task = __import__('asyncio').ensure_future(done)\n"
        "        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())\n"
        "        return True\n",
        (f"{_FETCHING}::test_what_a_unit_says_of_it_is_committed_before_it_is_told_so",),
    ),
)
