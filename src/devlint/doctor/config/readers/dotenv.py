"""`.env` files: nothing but variables. Their values are kept only for names that matter to a job."""

from __future__ import annotations

import re

from devlint.doctor.config.claims import Claims
from devlint.doctor.config.documents import Document
from devlint.doctor.config.environment import claim_variable
from devlint.doctor.config.readers.base import ENVIRONMENT, Context, Reader
from devlint.doctor.config.syntax.words import Word

_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*="
    r"[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|([^\n]*?))[ \t]*(?:[ \t]#.*)?$",
    re.M,
)
_OTHER = re.compile(r"^(?![ \t]*(?:#|$|(?:export[ \t]+)?[A-Za-z_][\w.]*[ \t]*=)).+", re.MULTILINE)


class DotEnv(Reader):
    """Read line by line: these files are no shell scripts, and a value may hold spaces."""

    name = "dotenv"
    strength = ENVIRONMENT

    @classmethod
    def detects(cls, document: Document) -> bool:
        if document.notation != "shell" or _OTHER.search(document.text):
            return False
        lines = list(_LINE.finditer(document.text))
        is_named_so = document.file is not None and ".env" in document.file.name
        # elsewhere, an unquoted space means a command with a variable in front of it
        return bool(lines) and (is_named_so or not any(" " in (match[4] or "") for match in lines))

    def read(self, document: Document, claims: Claims, context: Context) -> None:
        for match in _LINE.finditer(document.text):
            group = match.lastindex or 4
            word = Word.whole(match[group], *match.span(group))
            claim_variable(match[1], word.node(document.places), claims)
