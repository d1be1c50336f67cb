"""The villains: those that fail in their own lane at once, and those that must be lived with for a while."""

from __future__ import annotations

from tests.hostile.stage import Villain

_ERRORS = (
    "Exception",
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "CancelledError",
    "Group",
    "Unspeakable",
    "Wordy",
)
_SAID = {
    "Exception": "broken",
    "CancelledError": "cancelled",
    "Unspeakable": "cannot be shown",
    "Wordy": "raised _Wordy",
    "Group": "raised BaseExceptionGroup",
}


def _raises(verb: str, error: str) -> Villain:
    return Villain("raises", {"verb": verb, "error": error}, _SAID.get(error, f"raised {error}"))


#: Each of them is down, and its endpoint's health says why; all of them fit into one hub.
DOWN = (
    *(_raises("listen", error) for error in _ERRORS),
    *(_raises(verb, error) for verb in ("init", "open", "check") for error in ("SystemExit", "KeyboardInterrupt")),
    Villain("hangs", {"verb": "open"}, "it opens"),
    Villain("hangs", {"verb": "open", "clings": True}, "it opens"),
    Villain("answers", {"way": "none"}, "check() answered with NoneType"),
    Villain("recurses", {}, "recursion"),
    Villain("brief", {}, "it stopped listening"),
    Villain("forks", {}, "a copy of the hub must not run"),
    Villain("spawns", {}, "50 children"),
    Villain("quits", {}, "KeyboardInterrupt"),
    Villain("tasks", {}, "it stopped listening"),
    Villain("dies", {"isolate": True}, "exit code 9"),
)

#: What is wrong with each of them shows in the log, or nowhere: it stays up.
UP = (
    *(_raises("send", error) for error in _ERRORS),
    *(_raises("find", error) for error in ("Exception", "KeyboardInterrupt")),
    Villain("hangs", {"verb": "listen", "clings": True}),
    Villain("hangs", {"verb": "send"}),
    *(
        Villain("answers", {"way": way})
        for way in ("empty", "many", "coroutine", "endless", "reference", "pause", "text")
    ),
    Villain("hooks", {}, "hostile_hooks failed in hub_accepted"),
    Villain("memory"),
    Villain("threads"),
    Villain("descriptors"),
    Villain("prints", {}, "a plugin printed to stdout"),
    Villain("wanders", {}, "put back"),
    Villain("lingers"),
    Villain("floods"),
)

TURNS = Villain("turns", {}, "hostile_turns.py")
#: its steps are over before anybody comes to look
NIBBLES = Villain("nibbles", {"seconds": 0.1}, "hostile_nibbles.py")

#: They keep the event loop, or turn it without a pause: three times, then each has a process of its own.
BLOCKERS = (
    Villain("blocks", {"verb": "listen", "way": "sleep"}, "hostile_blocks.py"),
    Villain("blocks", {"verb": "listen", "way": "spin"}, "hostile_blocks.py"),
    Villain("blocks", {"verb": "listen", "way": "regex"}, "hostile_blocks.py"),
    Villain("blocks", {"verb": "send", "way": "lock"}, "hostile_blocks.py"),
    Villain("nibbles", {}, "hostile_nibbles.py"),
    NIBBLES,
    TURNS,
    Villain("late", {}, "hostile_late.py"),
    Villain("slowhook", {}, "hostile_slowhook.py"),
)
