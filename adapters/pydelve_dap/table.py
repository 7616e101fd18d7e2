"""What of the protocol is there: the table behind ``initialize``'s answer and ``docs/reference/dap.md``. Pure."""

from __future__ import annotations

from typing import Any

from pydelve.api.session import Capabilities, FeatureName
from pydelve_dap.breakpoints import FILTERS

SERVED: tuple[tuple[str, str, str], ...] = (
    ("initialize", "", "yes"),
    ("launch", "program or module, as debugpy's launch.json", "yes"),
    ("attach", "a process by number or command line, or a session that listens (address, connect)", "yes"),
    ("configurationDone", "", "yes"),
    (
        "disconnect",
        "what was launched is killed, what was attached to goes on; terminateDebuggee says otherwise",
        "yes",
    ),
    ("terminate", "SIGTERM, so that the program's handlers run", "yes"),
    ("restart", "in the same session, with all breakpoints", "no"),
    ("cancel", "interrupts an evaluation, takes a waiting request away", "no"),
    ("setBreakpoints", "conditions, hit conditions (3, >= 3, % 2), log messages; free until they are hit", "yes"),
    ("setFunctionBreakpoints", "any location of the prompt: functions, Class.method, /regexp/", "yes"),
    ("setExceptionBreakpoints", "raised, uncaught, userUnhandled, each with a condition on exc", "yes"),
    ("breakpointLocations", "lines where a statement begins", "no"),
    ("continue", "of one thread alone, too, as the steps (singleThread)", "yes, steps"),
    ("next", "", "yes"),
    ("stepIn", "into a target, too", "yes"),
    ("stepInTargets", "the calls of the line", "yes"),
    ("stepOut", "", "yes"),
    ("pause", "", "yes"),
    ("goto", "", "yes"),
    ("gotoTargets", "", "yes"),
    ("threads", "with tasks, if launch.json says so; while it runs, those seen at the last stop", "yes"),
    ("stackTrace", "in parts; library frames subtle under justMyCode", "yes"),
    ("scopes", "", "yes"),
    ("variables", "in pages; read without running the program's code", "yes, runs code"),
    ("setVariable", "", "yes"),
    ("setExpression", "", "yes"),
    ("evaluate", "hover and watch only look; in the console Python, and pydelve's commands behind >", "yes, runs code"),
    ("completions", "without running the program's code", "yes, runs code"),
    ("exceptionInfo", "with causes and groups", "yes"),
    ("source", "of code without a file here", "yes"),
    ("loadedSources", "", "no"),
    ("modules", "", "yes"),
    ("disassemble", "bytecode of a frame's function", "no"),
    ("readMemory", "of bytes and bytearrays, and at any address", "no"),
)
"""Request, what pydelve does, whether debugpy (1.8) has it."""
REFUSALS: dict[str, str] = {
    "terminateThreads": "Python can't end a thread from outside without harm to the program",
    "stepBack": "nothing of the past is kept",
    "reverseContinue": "nothing of the past is kept",
    "restartFrame": "CPython can't run a frame again",
    "dataBreakpointInfo": "watchpoints are not there yet",
    "setDataBreakpoints": "watchpoints are not there yet",
    "setInstructionBreakpoints": "breakpoints are on statements",
    "writeMemory": "values are set by their names",
}
"""Requests that are refused by name, and why; debugpy has none of them."""


OWN: tuple[tuple[str, str, str], ...] = (
    (
        "pydelveTasks", "`group`: `location`, `coroutine` or `state`",
        "asyncio's tasks at this stop, in groups, each with its place and the `threadId` that its stack has",
    ),
    (
        "pydelveTrace", "`source` and `line`, or `off`",
        "calls of the function that the line is in are told in the debug console, also while the program runs",
    ),
)  # fmt: skip
"""Requests that the protocol has not: their arguments, and what they do."""
REVERSE: tuple[tuple[str, str, str], ...] = (
    ("runInTerminal", "for `console`: the program's streams are a terminal of the editor's", "yes"),
    (
        "startDebugging", "a session for each child that is Python (`subProcess`): attach with `address` and `target`",
        "yes, and the child waits for it",
    ),
)  # fmt: skip
"""Requests to the editor: what for, and whether debugpy (1.8) has it."""
KEYS: tuple[tuple[str, str], ...] = (
    ("program, module", "what to start: a script, or a module as `python -m` finds it"),
    ("args", "its arguments, a list, or one text that is taken apart as a shell does"),
    ("cwd, env, envFile", "where and with what environment; `env` wins over `envFile`"),
    ("python", "the interpreter, with options of its own if it is a list; `pythonPath` is taken, too"),
    ("pythonArgs", "options of the interpreter"),
    ("stopOnEntry", "stop at the first line; attach: stop it at once"),
    ("noDebug", "run it, with no breakpoints (editors set it)"),
    ("justMyCode", "steps pass through libraries (on unless it is false)"),
    ("rules", "with `include: false`: what steps pass through, by `path` or `module`"),
    ("showReturnValue", "what the function returned that a step came from, among the locals (on unless it is false)"),
    ("pathMappings", "pairs of `localRoot` and `remoteRoot`"),
    ("localRoot, remoteRoot", "one pair of them, as it was before there were pathMappings"),
    (
        "console",
        "`internalConsole` (the default), `integratedTerminal` or `externalTerminal`, where input can be typed",
    ),
    ("consoleTitle", "of that terminal"),
    (
        "redirectOutput",
        "false: the program's output is not shown; true where it does not come to us: the console says so",
    ),
    ("onTerminate", "`KeyboardInterrupt`: `terminate` sends SIGINT; else SIGTERM"),
    (
        "subProcess",
        "children that are Python are sessions of their own, or share the editor's one (on unless it is false)",
    ),
    ("target", "attach: which process of the session at `address` is meant; pydelve's `startDebugging` says it"),
    ("processId, processName", "attach: to this process, or to the one whose command line matches"),
    ("address, token", "attach: to a session started with `--headless`"),
    ("connect, host, port", "the same, by `host` and `port`, in `connect` or alone"),
    ("core, exe", "attach: look into a core file, and the program that it is of"),
    ("watchRunsCode", "watches may run the program's code (off unless it is true)"),
    ("tasks", "asyncio's tasks are listed as threads of their own, with what they await as their stack (off)"),
    ("autoReload, steppingResumesAllThreads", "refused by name: the one where it is on, the other where it is false"),
    ("module: pytest", "each test that fails is a stop, as with `pydelve test`"),
)
"""Keys of launch.json, and what they mean."""


def capabilities() -> dict[str, Any]:
    """The answer to ``initialize``: what SERVED has."""
    served = {name for name, _, _ in SERVED}
    named = {
        "supportsConfigurationDoneRequest": "configurationDone",
        "supportsFunctionBreakpoints": "setFunctionBreakpoints",
        "supportsConditionalBreakpoints": "setBreakpoints",
        "supportsHitConditionalBreakpoints": "setBreakpoints",
        "supportsLogPoints": "setBreakpoints",
        "supportsEvaluateForHovers": "evaluate",
        "supportsClipboardContext": "evaluate",
        "supportsSetVariable": "setVariable",
        "supportsSetExpression": "setExpression",
        "supportsGotoTargetsRequest": "gotoTargets",
        "supportsStepInTargetsRequest": "stepInTargets",
        "supportsCompletionsRequest": "completions",
        "supportsModulesRequest": "modules",
        "supportsRestartRequest": "restart",
        "supportsExceptionInfoRequest": "exceptionInfo",
        "supportsExceptionFilterOptions": "setExceptionBreakpoints",
        "supportTerminateDebuggee": "disconnect",
        "supportsDelayedStackTraceLoading": "stackTrace",
        "supportsLoadedSourcesRequest": "loadedSources",
        "supportsTerminateRequest": "terminate",
        "supportsDisassembleRequest": "disassemble",
        "supportsReadMemoryRequest": "readMemory",
        "supportsCancelRequest": "cancel",
        "supportsBreakpointLocationsRequest": "breakpointLocations",
        "supportsSingleThreadExecutionRequests": "continue",
    }
    return {
        **{name: True for name, request in named.items() if request in served},
        "supportsANSIStyling": True,
        "exceptionBreakpointFilters": [dict(each) for each in FILTERS],
        "completionTriggerCharacters": [".", "["],
    }


_NEEDS: dict[FeatureName, tuple[str, ...]] = {
    "restart": ("supportsRestartRequest",),
    "memory": ("supportsReadMemoryRequest",),
    "control": (
        "supportsFunctionBreakpoints", "supportsConditionalBreakpoints", "supportsHitConditionalBreakpoints",
        "supportsLogPoints", "supportsSetVariable", "supportsSetExpression", "supportsGotoTargetsRequest",
        "supportsStepInTargetsRequest", "supportsExceptionFilterOptions", "supportsDisassembleRequest",
    ),
}  # fmt: skip


def taken_back(found: Capabilities) -> dict[str, Any]:
    """What ``initialize`` answered, and this program lacks, for the event ``capabilities``; {} where it has all."""
    lacking: dict[str, Any] = {
        name: False for feature, names in _NEEDS.items() if found.lacks(feature) for name in names
    }
    if found.lacks("control"):
        lacking["exceptionBreakpointFilters"] = []
    return lacking
