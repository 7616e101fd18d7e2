/* Prints the layout table of the CPython whose headers it is compiled with, as the text of a Python module.
 *
 * Run by tools/gen_layouts.sh. A name is struct.field; what is not an offset says so (_size, _mask). Structures that no
 * header has (Objects/dict-common.h, up to 3.10) are written down where the table is used. */
#define Py_BUILD_CORE 1
#include "Python.h"
#include <stddef.h>
#include "frameobject.h"
#include "structmember.h"
#include "internal/pycore_runtime.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_pystate.h"
#if PY_VERSION_HEX >= 0x030b0000
# include "internal/pycore_code.h"
# include "internal/pycore_dict.h"
# include "internal/pycore_frame.h"
#endif
#if PY_VERSION_HEX >= 0x030e0000
# include "internal/pycore_interpframe_structs.h"
# include "internal/pycore_tstate.h"
#endif
#include "opcode.h"

#define NUMBER(name, value) printf("    \"%s\": %ld,\n", name, (long)(value))
#define FIELD(name, type, field) NUMBER(name, offsetof(type, field))

static void runtime(void)
{
    NUMBER("runtime._size", sizeof(_PyRuntimeState));
    FIELD("runtime.interpreters_head", _PyRuntimeState, interpreters.head);
    FIELD("interpreter.next", PyInterpreterState, next);
    FIELD("interpreter.id", PyInterpreterState, id);
#if PY_VERSION_HEX < 0x030b0000
    FIELD("interpreter.threads_head", PyInterpreterState, tstate_head);
#else
    FIELD("interpreter.threads_head", PyInterpreterState, threads.head);
#endif
#if PY_VERSION_HEX < 0x030c0000
    FIELD("interpreter.modules", PyInterpreterState, modules);
    FIELD("runtime.gil", _PyRuntimeState, ceval.gil);
#else
    FIELD("interpreter.modules", PyInterpreterState, imports.modules);
    FIELD("interpreter.gil", PyInterpreterState, ceval.gil);
#endif
    NUMBER("gil._size", sizeof(struct _gil_runtime_state));
    FIELD("gil.holder", struct _gil_runtime_state, last_holder);
    FIELD("gil.locked", struct _gil_runtime_state, locked);
    FIELD("thread.next", PyThreadState, next);
    FIELD("thread.interpreter", PyThreadState, interp);
    FIELD("thread.ident", PyThreadState, thread_id);
#if PY_VERSION_HEX >= 0x030b0000
    FIELD("thread.native_id", PyThreadState, native_thread_id);
#endif
#if PY_VERSION_HEX < 0x030b0000
    FIELD("thread.frame", PyThreadState, frame);
#elif PY_VERSION_HEX < 0x030d0000
    FIELD("thread.cframe", PyThreadState, cframe);
    FIELD("cframe.frame", _PyCFrame, current_frame);
#else
    FIELD("thread.frame", PyThreadState, current_frame);
#endif
}

static void frames(void)
{
#if PY_VERSION_HEX < 0x030b0000
    FIELD("frame.back", PyFrameObject, f_back);
    FIELD("frame.code", PyFrameObject, f_code);
    FIELD("frame.instruction", PyFrameObject, f_lasti);
    FIELD("frame.globals", PyFrameObject, f_globals);
    FIELD("frame.locals", PyFrameObject, f_locals);
    FIELD("frame.slots", PyFrameObject, f_localsplus);
#else
    FIELD("frame.back", _PyInterpreterFrame, previous);
# if PY_VERSION_HEX < 0x030d0000
    FIELD("frame.code", _PyInterpreterFrame, f_code);
    FIELD("frame.instruction", _PyInterpreterFrame, prev_instr);
# else
    FIELD("frame.code", _PyInterpreterFrame, f_executable);
    FIELD("frame.instruction", _PyInterpreterFrame, instr_ptr);
# endif
    FIELD("frame.globals", _PyInterpreterFrame, f_globals);
    FIELD("frame.locals", _PyInterpreterFrame, f_locals);
    FIELD("frame.slots", _PyInterpreterFrame, localsplus);
    FIELD("frame.owner", _PyInterpreterFrame, owner);
#endif
    FIELD("code.argcount", PyCodeObject, co_argcount);
    FIELD("code.kwonlyargcount", PyCodeObject, co_kwonlyargcount);
    FIELD("code.flags", PyCodeObject, co_flags);
    FIELD("code.firstlineno", PyCodeObject, co_firstlineno);
    FIELD("code.filename", PyCodeObject, co_filename);
    FIELD("code.name", PyCodeObject, co_name);
#if PY_VERSION_HEX < 0x030a0000
    FIELD("code.linetable", PyCodeObject, co_lnotab);
#else
    FIELD("code.linetable", PyCodeObject, co_linetable);
#endif
#if PY_VERSION_HEX < 0x030b0000
    FIELD("code.varnames", PyCodeObject, co_varnames);
    FIELD("code.cellvars", PyCodeObject, co_cellvars);
    FIELD("code.freevars", PyCodeObject, co_freevars);
#else
    FIELD("code.qualname", PyCodeObject, co_qualname);
    FIELD("code.slot_names", PyCodeObject, co_localsplusnames);
    FIELD("code.slot_kinds", PyCodeObject, co_localspluskinds);
    FIELD("code.first_traceable", PyCodeObject, _co_firsttraceable);
    FIELD("code.bytecode", PyCodeObject, co_code_adaptive);
#endif
}

static unsigned state_word(PyASCIIObject text)
{
    unsigned word;
    memcpy(&word, (char *)&text + offsetof(PyASCIIObject, state), sizeof word);
    return word;
}

static void texts(void)
{
    PyASCIIObject text;
    FIELD("str.length", PyASCIIObject, length);
    FIELD("str.state", PyASCIIObject, state);
    memset(&text, 0, sizeof text); text.state.kind = 7; NUMBER("str._kind_mask", state_word(text));
    memset(&text, 0, sizeof text); text.state.compact = 1; NUMBER("str._compact_mask", state_word(text));
    memset(&text, 0, sizeof text); text.state.ascii = 1; NUMBER("str._ascii_mask", state_word(text));
    NUMBER("str._ascii_size", sizeof(PyASCIIObject));
    NUMBER("str._compact_size", sizeof(PyCompactUnicodeObject));
    FIELD("str.data", PyUnicodeObject, data);
#if PY_VERSION_HEX < 0x030c0000
    FIELD("str.wstr", PyASCIIObject, wstr);
    FIELD("str.wstr_length", PyCompactUnicodeObject, wstr_length);
#endif
    FIELD("bytes.content", PyBytesObject, ob_sval);
    FIELD("bytearray.start", PyByteArrayObject, ob_start);
}

static void containers(void)
{
    FIELD("list.items", PyListObject, ob_item);
    FIELD("tuple.items", PyTupleObject, ob_item);
    FIELD("set.used", PySetObject, used);
    FIELD("set.mask", PySetObject, mask);
    FIELD("set.table", PySetObject, table);
    FIELD("dict.used", PyDictObject, ma_used);
    FIELD("dict.keys", PyDictObject, ma_keys);
    FIELD("dict.values", PyDictObject, ma_values);
#if PY_VERSION_HEX >= 0x030b0000
    FIELD("keys.log2_size", struct _dictkeysobject, dk_log2_size);
    FIELD("keys.log2_index_bytes", struct _dictkeysobject, dk_log2_index_bytes);
    FIELD("keys.kind", struct _dictkeysobject, dk_kind);
    FIELD("keys.count", struct _dictkeysobject, dk_nentries);
    FIELD("keys.indices", struct _dictkeysobject, dk_indices);
    FIELD("values.values", PyDictValues, values);
#endif
#if PY_VERSION_HEX >= 0x030d0000
    FIELD("values.capacity", PyDictValues, capacity);
    FIELD("values.size", PyDictValues, size);
    FIELD("values.valid", PyDictValues, valid);
#endif
}

static void objects(void)
{
    FIELD("object.type", PyObject, ob_type);
    FIELD("object.size", PyVarObject, ob_size);
    FIELD("type.name", PyTypeObject, tp_name);
    FIELD("type.flags", PyTypeObject, tp_flags);
    FIELD("type.basicsize", PyTypeObject, tp_basicsize);
    FIELD("type.itemsize", PyTypeObject, tp_itemsize);
    FIELD("type.dictoffset", PyTypeObject, tp_dictoffset);
    FIELD("type.base", PyTypeObject, tp_base);
    FIELD("type.dict", PyTypeObject, tp_dict);
    FIELD("type.mro", PyTypeObject, tp_mro);
    FIELD("class.qualname", PyHeapTypeObject, ht_qualname);
    FIELD("class.cached_keys", PyHeapTypeObject, ht_cached_keys);
    FIELD("member.owner", PyMemberDescrObject, d_common.d_type);
    FIELD("member.definition", PyMemberDescrObject, d_member);
    FIELD("definition.type", PyMemberDef, type);
    FIELD("definition.offset", PyMemberDef, offset);
#if PY_VERSION_HEX < 0x030c0000
    FIELD("int.digits", PyLongObject, ob_digit);
#else
    FIELD("int.tag", PyLongObject, long_value.lv_tag);
    FIELD("int.digits", PyLongObject, long_value.ob_digit);
#endif
    NUMBER("int._digit_bits", PyLong_SHIFT);
    FIELD("float.value", PyFloatObject, ob_fval);
    FIELD("complex.value", PyComplexObject, cval);
    FIELD("cell.content", PyCellObject, ob_ref);
    FIELD("function.qualname", PyFunctionObject, func_qualname);
    FIELD("function.code", PyFunctionObject, func_code);
    FIELD("function.closure", PyFunctionObject, func_closure);
    FIELD("method.function", PyMethodObject, im_func);
    FIELD("generator.qualname", PyGenObject, gi_qualname);
    FIELD("weakref.object", PyWeakReference, wr_object);
    FIELD("exception.args", PyBaseExceptionObject, args);
    FIELD("exception.context", PyBaseExceptionObject, context);
    FIELD("exception.cause", PyBaseExceptionObject, cause);
}

static void coroutines(void)
{
#if PY_VERSION_HEX < 0x030b0000
    FIELD("generator.frame", PyGenObject, gi_frame);
    NUMBER("opcode._yield_from", YIELD_FROM);
    FIELD("code.code", PyCodeObject, co_code);
# if PY_VERSION_HEX < 0x030a0000
    FIELD("generator.running", PyGenObject, gi_running);
    FIELD("frame.stack_top", PyFrameObject, f_stacktop);
# else
    FIELD("frame.state", PyFrameObject, f_state);
    FIELD("frame.stack", PyFrameObject, f_valuestack);
    FIELD("frame.stack_depth", PyFrameObject, f_stackdepth);
    NUMBER("state._executing", FRAME_EXECUTING);
# endif
#else
    FIELD("generator.frame", PyGenObject, gi_iframe);
    FIELD("generator.state", PyGenObject, gi_frame_state);
    NUMBER("state._executing", FRAME_EXECUTING);
# if PY_VERSION_HEX < 0x030c0000
    NUMBER("opcode._resume", RESUME);
    NUMBER("opcode._resume_changed", RESUME_QUICK);
# elif PY_VERSION_HEX < 0x030d0000
    NUMBER("opcode._resume", RESUME);
    NUMBER("opcode._resume_changed", INSTRUMENTED_RESUME);
# else
    NUMBER("state._yield_from", FRAME_SUSPENDED_YIELD_FROM);
# endif
# if PY_VERSION_HEX < 0x030f0000
    NUMBER("state._ended", FRAME_COMPLETED);
# else
    NUMBER("state._ended", FRAME_CLEARED);
# endif
# if PY_VERSION_HEX < 0x030e0000
    FIELD("frame.stack_depth", _PyInterpreterFrame, stacktop);
# else
    FIELD("frame.stack_top", _PyInterpreterFrame, stackpointer);
    FIELD("interpreter.tasks", PyInterpreterState, asyncio_tasks_head);
    FIELD("thread.tasks", _PyThreadStateImpl, asyncio_tasks_head);
    FIELD("thread.task", _PyThreadStateImpl, asyncio_running_task);
# endif
#endif
}

#if PY_VERSION_HEX >= 0x030d0000
static void cookie(void)
{
    FIELD("runtime.interpreters_head", _Py_DebugOffsets, runtime_state.interpreters_head);
    FIELD("interpreter.next", _Py_DebugOffsets, interpreter_state.next);
    FIELD("interpreter.id", _Py_DebugOffsets, interpreter_state.id);
    FIELD("interpreter.threads_head", _Py_DebugOffsets, interpreter_state.threads_head);
    FIELD("interpreter.modules", _Py_DebugOffsets, interpreter_state.imports_modules);
    FIELD("interpreter.gil", _Py_DebugOffsets, interpreter_state.ceval_gil);
    FIELD("thread.next", _Py_DebugOffsets, thread_state.next);
    FIELD("thread.interpreter", _Py_DebugOffsets, thread_state.interp);
    FIELD("thread.ident", _Py_DebugOffsets, thread_state.thread_id);
    FIELD("thread.native_id", _Py_DebugOffsets, thread_state.native_thread_id);
    FIELD("thread.frame", _Py_DebugOffsets, thread_state.current_frame);
    FIELD("frame.back", _Py_DebugOffsets, interpreter_frame.previous);
    FIELD("frame.code", _Py_DebugOffsets, interpreter_frame.executable);
    FIELD("frame.instruction", _Py_DebugOffsets, interpreter_frame.instr_ptr);
    FIELD("frame.slots", _Py_DebugOffsets, interpreter_frame.localsplus);
    FIELD("frame.owner", _Py_DebugOffsets, interpreter_frame.owner);
    FIELD("code.filename", _Py_DebugOffsets, code_object.filename);
    FIELD("code.name", _Py_DebugOffsets, code_object.name);
    FIELD("code.qualname", _Py_DebugOffsets, code_object.qualname);
    FIELD("code.linetable", _Py_DebugOffsets, code_object.linetable);
    FIELD("code.firstlineno", _Py_DebugOffsets, code_object.firstlineno);
    FIELD("code.argcount", _Py_DebugOffsets, code_object.argcount);
    FIELD("code.slot_names", _Py_DebugOffsets, code_object.localsplusnames);
    FIELD("code.slot_kinds", _Py_DebugOffsets, code_object.localspluskinds);
    FIELD("code.bytecode", _Py_DebugOffsets, code_object.co_code_adaptive);
#if PY_VERSION_HEX >= 0x030e0000
    FIELD("remote.main_thread", _Py_DebugOffsets, interpreter_state.threads_main);
    FIELD("remote.eval_breaker", _Py_DebugOffsets, debugger_support.eval_breaker);
    FIELD("remote.support", _Py_DebugOffsets, debugger_support.remote_debugger_support);
    FIELD("remote.enabled", _Py_DebugOffsets, debugger_support.remote_debugging_enabled);
    FIELD("remote.pending", _Py_DebugOffsets, debugger_support.debugger_pending_call);
    FIELD("remote.path", _Py_DebugOffsets, debugger_support.debugger_script_path);
    FIELD("remote.path_size", _Py_DebugOffsets, debugger_support.debugger_script_path_size);
#endif
}
#endif

int main(void)
{
    printf("\"\"\"Layout of CPython %s; written by tools/gen_layouts.sh from its headers.\"\"\"\n\n", PY_VERSION);
    printf("VERSION = (%d, %d, %d)\n", PY_MAJOR_VERSION, PY_MINOR_VERSION, PY_MICRO_VERSION);
    printf("TABLE = {\n");
    runtime(); frames(); texts(); containers(); objects(); coroutines();
    printf("}\n");
#if PY_VERSION_HEX >= 0x030d0000
    printf("COOKIE = {\n    \"_size\": %ld,\n", (long)sizeof(_Py_DebugOffsets));
    cookie();
    printf("}\n");
#else
    printf("COOKIE: dict[str, int] = {}\n");
#endif
    return 0;
}
