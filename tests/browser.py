"""A headless Chromium, as people have it, driven by Selenium. Debian's packages, so its tests are marked `root`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

#: Seconds that a page may take to show what is waited for.
_WITHIN = 30.0
_BROWSER, _DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
#: As root there is no sandbox; nothing is asked of any host but those of the test.
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=vi",
)


class Browser:
    """One window. What is not there yet is waited for, for a while; then TimeoutException."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def see(self, address: str) -> str:
        """Open a page; the words on it."""
        self.driver.get(address)
        return self.words

    @property
    def words(self) -> str:
        """What a person reads on the page that is open."""
        return str(self.driver.execute_script("return document.body ? document.body.innerText : ''"))

    def until_it_says(self, *words: str) -> None:
        """Look again and again, as a person reloads a page, until it says all of these."""
        WebDriverWait(self.driver, _WITHIN).until(lambda _: self._reloaded(words), f"{words} not on the page")

    def _reloaded(self, words: Sequence[str]) -> bool:
        self.driver.refresh()
        return all(word in self.words for word in words)

    def click(self, kind: str, words: str) -> None:
        """Click the only link or button that says so; the page that it leads to is open then."""
        wait = WebDriverWait(self.driver, _WITHIN, ignored_exceptions=[StaleElementReferenceException])
        wait.until(staleness_of(wait.until(lambda _: self._clicked(kind, words))))

    def _clicked(self, kind: str, words: str) -> WebElement:
        [found] = [each for each in self.driver.find_elements(By.TAG_NAME, kind) if each.text.strip() == words]
        found.click()
        return found

    def field(self, label: str) -> WebElement:
        """The field that people see under that name."""
        named = (
            f"//label[span[normalize-space()='{label}']]/*[self::input or self::select] | //*[@aria-label='{label}']"
        )
        return self.driver.find_element(By.XPATH, named)

    def tick(self, words: str) -> None:
        """Tick the box beside these words."""
        self.driver.find_element(By.XPATH, f"//label[starts-with(normalize-space(), '{words}')]/input").click()

    def overflows(self, width: int) -> bool:
        """Whether a window that wide has to be scrolled sideways."""
        self.driver.set_window_size(width, 900)
        root = "document.documentElement"
        return bool(self.driver.execute_script(f"return {root}.scrollWidth > {root}.clientWidth"))

    def complaints(self) -> list[str]:
        """What the browser itself found wrong since it was last asked: blocked, missing, broken."""
        return [str(each["message"]) for each in self.driver.execute("getLog", {"type": "browser"})["value"]]


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A window of a person who never was here before; what it keeps lies in that folder."""
    options = ChromeOptions()
    options.binary_location = _BROWSER
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for each in (*_OPTIONS, "--window-size=1280,900", f"--user-data-dir={folder}"):
        options.add_argument(each)
    driver = Chrome(options, ChromeService(_DRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
