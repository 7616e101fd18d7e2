"""What helps somebody who types an expression: names, attributes, keys, and the parameters of a call.

Nothing of the target is run. A part of the engine, on its thread; answers with nothing rather than an error, as a key
press must not end in one.
"""

from __future__ import annotations

import keyword

from pydelve.api import requests
from pydelve.api.completion import Candidate, Completion, Signature
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.expressions import current_parameter, key_text, open_call, place_at_end
from pydelve.errors import PydelveError

_KEYWORDS = tuple(word for word in keyword.kwlist if word not in {"None", "True", "False"})


class Hints:
    """Serves completion of expressions, and signatures."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def handlers(self) -> Handlers:
        """What is served here."""
        return {
            requests.CompleteExpression: self._complete_expression,
            requests.GetSignature: self._get_signature,
        }

    def _complete_expression(self, request: requests.CompleteExpression) -> Completion:
        place = place_at_end(request.text)
        if not place.what or self._current.state.status != "stopped":
            return Completion(place.typed)
        try:
            found = self._current.stopped().complete(
                self._current.ident(request.thread), request.frame, place.steps, place.what, place.typed
            )
        except PydelveError:
            return Completion(place.typed)
        if place.what == "keys":
            texts = [(key_text(key, place.quote, place.typed), about) for key, about in found]
        else:
            texts = [(str(name), about) for name, about in found]
        if place.what == "names" and place.typed:
            texts += [(word, "keyword") for word in _KEYWORDS if word.startswith(place.typed)]
        return Completion(place.typed, tuple(Candidate(text, about) for text, about in texts if text))

    def _get_signature(self, request: requests.GetSignature) -> Signature | None:
        call = open_call(request.text)
        if call is None or self._current.state.status != "stopped":
            return None
        try:
            ident = self._current.ident(request.thread)
            found = self._current.stopped().signature(ident, request.frame, call.steps)
        except PydelveError:
            return None
        if found is None:
            return None
        name, parameters = found
        return Signature(name, parameters, current_parameter(parameters, call.position, call.keyword))
