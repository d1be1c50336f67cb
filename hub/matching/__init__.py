"""Which document an answer is about: by its id in any form, by number, date and sender, by scored evidence. Pure."""

from __future__ import annotations

from hub.matching.forms import same_id, tolerant
from hub.matching.ranking import rank
from hub.matching.reading import LONGEST
from hub.matching.records import Candidate, How, Ranked, Verdict

__all__ = ["LONGEST", "Candidate", "How", "Ranked", "Verdict", "rank", "same_id", "tolerant"]
