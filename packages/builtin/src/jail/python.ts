// The program that runs Python in a jail. It reads lines {code, seconds, memory, scratch} from stdin and writes lines to file
// 3: {} when it is ready, then for each code its answer and {done}, the status that it ended with as a shell has it. Each code
// runs in a fork. The audit hook comes last before the code: it cannot be taken back, and it holds no state that the code
// could reach.

export const PYTHON = `
import _ast, _thread, gc, json, os, sys
try:
    import resource
except ImportError:
    resource = None

def _main():
    def say(text):
        data = text.encode() + b"\\n"
        while data:
            data = data[os.write(3, data):]

    os.environ.clear()
    # Threads count with their whole stack.
    _thread.stack_size(1024 * 1024)
    # What is used here for the first time, each fork need not do again.
    compile(compile("0", "code", "exec", _ast.PyCF_ONLY_AST), "code", "exec")
    json.dumps({}, allow_nan=False, default=_plain)
    os.path.realpath(os.curdir)
    base = _base()
    # And no fork copies what it only looks at.
    gc.collect()
    gc.freeze()
    stdin = os.fdopen(0, "rb", closefd=False)
    say("{}")
    for line in stdin:
        asked = json.loads(line)
        fork = os.fork()
        if fork == 0:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.close(null)
            _run(asked, say, base)
        status = os.waitpid(fork, 0)[1]
        _sweep(asked["scratch"])
        say('{"done": %d}' % (os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)))

# What code has written is not there for the next one.
_there = os.listdir(".")
def _sweep(scratch):
    for name in os.listdir(scratch):
        if name in _there:
            continue
        path = os.path.join(scratch, name)
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil
            shutil.rmtree(path)
        else:
            os.remove(path)

class _Printed:
    def __init__(self, lines):
        self.lines = lines
        self.rest = ""
    def write(self, text):
        text = str(text)
        start = 0
        while len(self.lines) < 1000:
            end = text.find("\\n", start)
            if end < 0:
                if len(self.rest) < 2000:
                    self.rest += text[start:start + 2000]
                break
            self.lines.append((self.rest + text[start:min(end, start + 2000)])[:2000])
            self.rest = ""
            start = end + 1
        return len(text)
    def flush(self):
        pass

def _base():
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except (OSError, AttributeError):
        return 64 * 1024 * 1024

def _limit(asked, base):
    if resource is None:
        return
    megabyte = 1024 * 1024
    for name, value in (("AS", base + asked["memory"] * megabyte), ("CPU", asked["seconds"]), ("FSIZE", 16 * megabyte),
                        ("NOFILE", 32), ("CORE", 0)):
        kind = getattr(resource, "RLIMIT_" + name, None)
        try:
            if kind is not None:
                resource.setrlimit(kind, (value, value + 1 if name == "CPU" else value))
        except (ValueError, OSError):
            pass

def _run(asked, say, base):
    scratch = os.path.realpath(asked["scratch"])
    printed = []
    sys.stdout = sys.stderr = _Printed(printed)

    def answer(value):
        try:
            text = json.dumps(value, allow_nan=False, default=_plain)
        except (TypeError, ValueError, RecursionError) as error:
            text = json.dumps({"error": "the result is not JSON: %s" % error, "printed": printed})
        say(text)
        os._exit(0)

    def fail(error, limit=None):
        answer({"error": error, "limit": limit, "printed": printed})

    scope = {"__name__": "__main__", "true": True, "false": False, "null": None}
    try:
        # What "ast" does, without the time that it takes to import.
        tree = compile(asked["code"], "code", "exec", _ast.PyCF_ONLY_AST)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], _ast.Expr) else None
        body = compile(tree, "code", "exec")
        end = compile(_ast.Expression(last.value), "code", "eval") if last else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        fail("%s: %s" % (type(error).__name__, error))

    _limit(asked, base)
    _close(scratch)
    try:
        exec(body, scope)
        value = eval(end, scope) if end else None
        answer({"value": scope.get("result", value), "printed": printed})
    except SystemExit as error:
        if error.code is not None and error.code != 0:
            fail("SystemExit: %s" % (error.code,))
        answer({"value": scope.get("result"), "printed": printed})
    except MemoryError:
        scope.clear()
        fail("MemoryError", "memory")
    except BaseException as error:
        line = 0
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "code":
                line = trace.tb_lineno
            trace = trace.tb_next
        where = " (line %d)" % line if line else ""
        limit = {24: "files", 27: "file size", 28: "scratch", 11: "processes"}.get(getattr(error, "errno", None))
        if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
            limit = "processes"
        fail("%s: %s%s" % (type(error).__name__, error, where), limit)

def _plain(value):
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError("%s cannot be said in JSON" % type(value).__name__)

_libraries = tuple({os.path.realpath(p) + os.sep for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)) if p != "/"})
def _close(scratch):
    libraries = _libraries
    realpath, startswith, rpartition, isint = os.path.realpath, str.startswith, str.rpartition, int
    inside = scratch + os.sep
    refused = ("socket.", "subprocess.", "ctypes.", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.system", "os.kill",
               "pty.", "gc.", "sys.addaudithook", "sys.setprofile", "sys.settrace", "urllib.", "ftplib.",
               "http.", "smtplib.", "imaplib.", "poplib.", "telnetlib.", "nntplib.", "winreg.", "msvcrt.", "webbrowser.",
               "object.__setattr__", "object.__delattr__", "code.__new__", "function.__new__", "_posixsubprocess", "mmap.",
               "syslog.", "fcntl.", "os.chown", "os.setxattr", "os.getxattr", "os.listxattr", "os.removexattr", "os.lockf",
               "shutil.chown", "resource.prlimit", "signal.pthread_kill", "cpython.run_", "sys._current_frames")
    files = ("open", "os.listdir", "os.scandir", "os.chdir", "os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link",
             "os.symlink", "os.truncate", "os.chmod", "os.utime", "os.walk", "glob.glob", "shutil.", "tempfile.", "pathlib.Path.glob", "os.chflags")
    harmless = ("__module__", "__doc__", "__name__", "__qualname__", "__defaults__")
    natives = ("_ctypes", "_socket", "_ssl", "_posixsubprocess", "_multiprocessing", "_testcapi", "_xxsubinterpreters", "_interpreters")

    def hook(event, args, PermissionError=PermissionError, ValueError=ValueError, type=type, str=str, bytes=bytes, tuple=tuple):
        if event == "import":
            # Under whatever package: it is the last part that chooses the library's entry.
            if rpartition(args[0], ".")[2] in natives:
                raise PermissionError("%s is not there" % args[0])
            return
        # What named tuples and data classes do.
        if event == "object.__setattr__" and type(args[1]) is str and args[1] in harmless:
            return
        # Libraries ask for the caller's frame, and can do without.
        if event == "sys._getframe":
            raise ValueError("%s is not allowed here" % event)
        for prefix in refused:
            if startswith(event, prefix):
                raise PermissionError("%s is not allowed here" % event)
        for prefix in files:
            if not startswith(event, prefix):
                continue
            for i, path in enumerate_(args):
                if i > 1 or type(path) is not str and type(path) is not bytes:
                    if i == 0 and event == "open" and type(path) is isint:
                        return
                    continue
                if i == 1 and event != "os.rename" and event != "os.link" and event != "os.symlink":
                    continue
                real = realpath(path if type(path) is str else path.decode("utf-8", "surrogateescape"))
                if real == scratch or startswith(real, inside):
                    continue
                reads = event in ("os.listdir", "os.scandir") or event == "open" and (args[1] in ("r", "rb") or args[1] is None and not args[2] & 0o3103)
                if reads and startswith(real + os_sep, libraries):
                    continue
                raise PermissionError("files outside of the scratch folder are not allowed here: %s" % event)
            return

    enumerate_, os_sep = enumerate, os.sep
    for name in ("_socket", "socket", "_ssl", "ssl", "_ctypes", "ctypes", "_posixsubprocess", "subprocess"):
        sys.modules.pop(name, None)
    sys.addaudithook(hook)

_main()
`
