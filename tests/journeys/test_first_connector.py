"""The connector of docs/first-connector.md: built as a wheel, installed into a new environment, used, refused."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.cli.skeletons import skeleton
from hub.standards import edxml
from hub.testing import eventually, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "first-connector.md"
HUB = "data: data\nlisten: 127.0.0.1:0\nplugins: [{plugins}]\nprovince: {{code: 000.00.00.H48, name: Tỉnh}}\n"
UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: {home}
    endpoint: {{kind: folderdrop, folder: share, layout: plain, settle: 50ms}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: {binh_son}
    endpoint: {endpoint}
"""


class Place:
    """An environment that sees the hub's packages and has the connector's wheel installed."""

    def __init__(self, home: Path) -> None:
        self.home, self.source = home, home / "vpdt"
        self.python = home / "venv" / "bin" / "python"

    def build(self) -> None:
        run(sys.executable, "-m", "hub.cli", "plugins", "new", "vpdt", "--out", str(self.source))
        offline = ("--no-index", "--no-deps", "--disable-pip-version-check", "-q")
        pip = (sys.executable, "-m", "pip")
        run(*pip, "wheel", *offline, "--no-build-isolation", "-w", str(self.home / "dist"), str(self.source))
        run(sys.executable, "-m", "venv", "--without-pip", str(self.home / "venv"))
        hubs = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n{ROOT}\n"
        (self.packages / "hub.pth").write_text(hubs)
        [wheel] = (self.home / "dist").glob("*.whl")
        run(*pip, "--python", str(self.python), "install", *offline, str(wheel))

    @property
    def packages(self) -> Path:
        [found] = (self.home / "venv" / "lib").glob("python*/site-packages")
        return found

    def hub(self, *words: str, ends: int = 0) -> subprocess.CompletedProcess[str]:
        return run(str(self.python), "-m", "hub.cli", *words, ends=ends)

    def imports(self, *words: str) -> tuple[set[str], str]:
        """The modules that `hub` has imported when it ends, and what it said."""
        done = run(str(self.python), "-c", IMPORTS, *words)
        return set(done.stderr.split()), done.stdout

    def configure(self, config: Path, plugins: str, endpoint: object) -> Path:
        config.mkdir(exist_ok=True)
        (config / "hub.yaml").write_text(HUB.format(plugins=plugins), "utf-8")
        units = UNITS.format(home=HOME_AFFAIRS, binh_son=BINH_SON, endpoint=json.dumps(endpoint))
        (config / "units.yaml").write_text(units, "utf-8")
        return config


def run(*command: str, ends: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "HUB_CONFIG")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == ends, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("first"))
    place.build()
    return place


def put(module: Path, text: str) -> None:
    """Write it, two seconds younger than it was: a version of the same size and second would run as compiled before."""
    born = module.stat().st_mtime + 2
    module.write_text(text, "utf-8")
    os.utime(module, (born, born))


@pytest.fixture
def mended(place: Place) -> Iterator[Path]:
    """The installed module, which the test may break."""
    module = place.packages / "vpdt.py"
    before = module.read_text("utf-8")
    yield module
    put(module, before)


def test_the_page_shows_what_the_skeleton_writes() -> None:
    shown = re.findall(r"^```(?:python|toml)\n(.*?)^```", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    files = skeleton("vpdt")
    assert shown == [files[name] for name in ("vpdt.py", "pyproject.toml", "vpdt_counterpart.py", "test_vpdt.py")]


def test_it_is_about_sixty_lines() -> None:
    lines = [line for line in skeleton("vpdt")["vpdt.py"].splitlines() if line.strip()]
    assert sum(not line.startswith(("import ", "from ", '"""')) for line in lines) <= 65


def test_what_the_skeleton_writes_is_clean(place: Place) -> None:
    own = ("--isolated", "--line-length", "120")
    run(sys.executable, "-m", "ruff", "check", *own, "--select", "E,F,W,B,UP,ASYNC,RET,SIM", str(place.source))
    run(sys.executable, "-m", "ruff", "format", *own, "--check", str(place.source))


@pytest.mark.slow
def test_and_its_types_agree_with_the_hubs(place: Place) -> None:
    modules = [str(place.source / name) for name in ("vpdt.py", "vpdt_counterpart.py")]
    run(str(place.python), "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", *modules)


IMPORTS = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from hub.cli import main
main()
"""
ELSEWHERE = {"kind": "folderdrop", "folder": "other", "layout": "plain"}
MINE = {"kind": "vpdt", "url": "http://127.0.0.1:9", "token": "a"}


def test_installed_and_not_named_it_is_not_even_imported(place: Place, tmp_path: Path) -> None:
    without = place.configure(tmp_path / "without", "folderdrop", ELSEWHERE)
    imported, said = place.imports("plugins", "--config", str(without))
    assert "plugins.folderdrop" in imported
    assert "vpdt" not in imported
    assert "vpdt" not in said

    named = place.configure(tmp_path / "with", "folderdrop, vpdt", MINE)
    imported, said = place.imports("plugins", "--config", str(named))
    assert "vpdt" in imported
    assert "vpdt_counterpart" not in imported
    assert "vpdt: vpdt (hub_connectors; hub-vpdt 0.1.0)" in said


def test_a_kind_whose_plugin_is_not_named_is_refused(place: Place, tmp_path: Path) -> None:
    config = place.configure(tmp_path / "config", "folderdrop", MINE)
    assert 'no plugin of hub.yaml brings the kind "vpdt"' in place.hub("check", "--config", str(config), ends=1).stdout


def test_it_keeps_the_contract(place: Place) -> None:
    said = json.loads(place.hub("plugins", "check", "vpdt", "--json").stdout)
    assert said["ok"]
    assert len(said["checks"]) == 14


def test_its_own_tests_pass(place: Place) -> None:
    inside = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(place.source), "-W", "ignore")
    done = run(str(place.python), *inside, "-k", "wrong_token or outage", str(place.source / "test_vpdt.py"))
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def hub_connectors", "def hub_conectors", "there is no hook hub_conectors; did you mean hub_connectors"),
        ("def hub_connectors()", "def hub_connectors(hub)", "hub_connectors asks for hub, and it is told nothing"),
        ("import aiohttp\n", "import aiohtp\n", "vpdt.py line 9: ModuleNotFoundError: No module named 'aiohtp'"),
        (
            "hub_api = 1",
            "hub_api = 2",
            "written for version 2 of the plugin interface (hub_api), and this hub speaks 1",
        ),
    ],
)
def test_a_wrong_one_is_refused_where_hub_yaml_names_it(
    place: Place, mended: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    config = place.configure(tmp_path / "config", "folderdrop, vpdt", MINE)
    text = mended.read_text("utf-8")
    assert old in text
    put(mended, text.replace(old, new))
    refused = place.hub("check", "--config", str(config), ends=1).stdout
    assert refused.startswith("hub.yaml:3:23: plugin vpdt cannot be ")
    assert said in refused


@asynccontextmanager
async def running(place: Place, config: Path) -> AsyncIterator[None]:
    command = (str(place.python), "-m", "hub.cli", "run", "--config", str(config))
    with (config / "log").open("w") as log:
        hub = await asyncio.create_subprocess_exec(*command, cwd=config, stdout=asyncio.subprocess.PIPE, stderr=log)
        assert hub.stdout
        try:
            ready = await asyncio.wait_for(hub.stdout.readline(), 60)
            assert ready.endswith(b"units=2 down=-\n"), (config / "log").read_text()
            yield
        finally:
            hub.terminate()
            await hub.wait()


async def test_a_document_and_its_answer_travel(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(place.source)
    module = importlib.import_module("vpdt_counterpart")
    document = a_document("211/GM-SNV")
    async with module.counterpart(tmp_path) as software:
        config = place.configure(tmp_path / "config", "folderdrop, vpdt", software.settings)
        async with running(place, config):
            share = config / "share"
            (share / "out" / ".draft").write_bytes(sample_packet(document))
            (share / "out" / ".draft").rename(share / "out" / "211.edxml")
            await eventually(software.effects, within=20)
            answer = edxml.write_acknowledgement(an_answer(document, "03"))
            await software.offer("tra-loi.edxml", answer)
            await software.offer("rac.edxml", b"hello")
            await eventually(lambda: list((share / "in").glob("*.edxml")), within=20)
            await eventually(lambda: not software.waiting, within=20)
    [back] = (share / "in").iterdir()
    with back.open("rb") as file:
        heard = edxml.read(file).body
    assert isinstance(heard, Acknowledgement)
    assert (heard.status, heard.response_for.code) == ("03", document.code)
    assert len(software.effects()) == 1
