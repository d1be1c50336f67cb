"""Which document an answer is about."""

from __future__ import annotations

from collections.abc import Sequence

from hub.matching.forms import code, same_id
from hub.matching.records import Candidate, How, Ranked, Verdict
from hub.vocabulary import Acknowledgement


def rank(answer: Acknowledgement, candidates: Sequence[Candidate]) -> Verdict:
    """What the answer is about, as far as that is certain, and who else comes near it."""
    named = answer.response_for
    same = tuple(
        Ranked(one, 1.0, ("Trùng mã định danh văn bản",))
        for one in candidates
        if same_id(named.document_id, one.document_id)
    )
    if len(same) == 1:
        return Verdict(same[0].candidate, How.DOCUMENT_ID, same)
    if same:
        return Verdict(None, How.AMBIGUOUS, same)
    near = tuple(
        Ranked(one, 0.5, ("Trùng số, ký hiệu",))
        for one in candidates
        if code(named.code) and code(named.code) == code(one.code)
    )
    return Verdict(None, How.TOO_LITTLE if near else How.NOTHING, near)
