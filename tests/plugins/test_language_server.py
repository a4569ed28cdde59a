"""What editors do: python-lsp-server with its flake8 plugin, over standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.projects import BAD, write

SETTINGS = {
    "pylsp": {
        "plugins": {
            "flake8": {"enabled": True, "executable": str(Path(sys.executable).with_name("flake8"))},
            **{name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe", "jedi_completion")},
        }
    }
}


class Server:
    """A language server; messages are dicts."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "pylsp"]
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._number = 0

    def request(self, method: str, params: dict[str, Any]) -> None:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        self.wait(lambda message: message.get("id") == self._number and "result" in message)

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def wait(self, wanted) -> dict[str, Any]:
        """The next message of the server that is wanted."""
        while True:
            length = 0
            while line := self._process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert length, "the server has gone"
            message = json.loads(self._process.stdout.read(length))
            if wanted(message):
                return message

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.mark.slow
def test_findings_reach_the_editor_as_typed(tmp_path: Path, server: Server) -> None:
    write(tmp_path, {"model.py": "import torch\n"})
    uri = (tmp_path / "model.py").as_uri()
    server.request("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}})
    server.notify("initialized", {})
    server.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": BAD}
    server.notify("textDocument/didOpen", {"textDocument": document})

    def about_devlint(message: dict[str, Any]) -> bool:
        found = message.get("params", {}).get("diagnostics", [])
        return message.get("method") == "textDocument/publishDiagnostics" and any(
            str(diagnostic.get("code")).startswith("XDV") for diagnostic in found
        )

    published = server.wait(about_devlint)["params"]
    assert published["uri"] == uri
    (diagnostic,) = [found for found in published["diagnostics"] if found["code"].startswith("XDV")]
    assert diagnostic["code"] == "XDV303"
    start = diagnostic["range"]["start"]
    assert start["line"] == 4
    assert BAD.splitlines()[4][start["character"] :].startswith(("torch.device", '"gpu"'))
