"""A real browser without a window, by Chromium's own protocol over two pipes."""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

PATIENCE_S = 30.0
PROGRAMS = ("chromium-headless-shell", "chromium")

# What a key press needs to be told besides its name.
KEYS: dict[str, dict[str, Any]] = {
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
}


def program() -> str:
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, f"none of {', '.join(PROGRAMS)} is installed: scripts/install-deps test"
    return found


class Browser:
    """One page in a process of its own; ended with the block."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 900):
        self._numbers = itertools.count(1)
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        arguments = [
            program(), "--headless", "--remote-debugging-pipe", "--disable-gpu",
            "--disable-dev-shm-usage", f"--user-data-dir={folder}",
            f"--window-size={width},{height}", "--hide-scrollbars", "--disable-lcd-text",
            *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank",
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", *arguments],
            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        try:
            self._session = self._attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    # ---- The protocol: JSON texts with a NUL behind each ----

    def _attach(self) -> str:
        targets = self._call("Target.getTargets", {}, None)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        session = self._call("Target.attachToTarget",
                             {"targetId": page["targetId"], "flatten": True}, None)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Security"):
            self._call(f"{domain}.enable", {}, session)
        return str(session)

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser says nothing"
            data = os.read(self._read, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def _call(self, method: str, parameters: dict[str, Any], session: str | None) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while (answer := self._receive(deadline)).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._call(method, parameters, self._session)

    def wait_for(self, method: str, since: int,
                 which: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first such event behind so many others."""
        deadline = time.monotonic() + PATIENCE_S
        at = since
        while True:
            while at == len(self.events):
                self.events.append(self._receive(deadline))
            event = self.events[at]
            if event.get("method") == method and which(event["params"]):
                return dict(event["params"])
            at += 1

    def seen(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") == method]

    # ---- What somebody in front of it does ----

    def open(self, url: str) -> None:
        since = len(self.events)
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired", since)

    def press(self, key: str) -> None:
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **KEYS[key])
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key,
                  **{k: v for k, v in KEYS[key].items() if k != "text"})

    def press_and_load(self, key: str) -> None:
        since = len(self.events)
        self.press(key)
        self.wait_for("Page.loadEventFired", since)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def ask(self, expression: str) -> Any:
        """What JavaScript makes of it: the browser's own eyes, whatever the page allows itself."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
