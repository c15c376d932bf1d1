// The program that runs Python for code-jail.ts. It reads {code, scratch, memory} from stdin and writes its answer to file 3.
// The audit hook comes last before the code: it cannot be taken back, and it holds no state that the code could reach.

export const PYTHON = `
import ast, builtins, json, os, sys

def _main():
    asked = json.loads(sys.stdin.read())
    scratch = os.path.realpath(asked["scratch"])
    printed = []

    class Printed:
        def __init__(self):
            self.rest = ""
        def write(self, text):
            self.rest += str(text)
            *lines, self.rest = self.rest.split("\\n")
            for line in lines:
                if len(printed) < 1000:
                    printed.append(line[:2000])
            return len(text)
        def flush(self):
            pass

    sys.stdout = sys.stderr = Printed()
    try:
        import resource
        size = asked["memory"] * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size * 2, size * 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass

    def answer(value):
        try:
            text = json.dumps(value, allow_nan=False, default=_plain)
        except (TypeError, ValueError, RecursionError) as error:
            text = json.dumps({"error": "the result is not JSON: %s" % error, "printed": printed})
        data = text.encode()
        while data:
            data = data[os.write(3, data):]
        os._exit(0)

    scope = {"__name__": "__main__", "true": True, "false": False, "null": None}
    try:
        tree = ast.parse(asked["code"], "code")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compile(tree, "code", "exec")
        end = compile(ast.Expression(last.value), "code", "eval") if last else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        answer({"error": "%s: %s" % (type(error).__name__, error), "printed": printed})

    _close(scratch)
    try:
        exec(body, scope)
        value = eval(end, scope) if end else None
        answer({"value": scope.get("result", value), "printed": printed})
    except SystemExit as error:
        if error.code is not None and error.code != 0:
            answer({"error": "SystemExit: %s" % (error.code,), "printed": printed})
        answer({"value": scope.get("result"), "printed": printed})
    except MemoryError:
        answer({"error": "MemoryError: the code needs more memory than it may have", "printed": printed})
    except BaseException as error:
        line = 0
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "code":
                line = trace.tb_lineno
            trace = trace.tb_next
        where = " (line %d)" % line if line else ""
        answer({"error": "%s: %s%s" % (type(error).__name__, error, where), "printed": printed})

def _plain(value):
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError("%s cannot be said in JSON" % type(value).__name__)

def _close(scratch):
    realpath, fspath, startswith, isint = os.path.realpath, os.fspath, str.startswith, int
    libraries = tuple({realpath(p) + os.sep for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)) if p != "/"})
    inside = scratch + os.sep
    refused = ("socket.", "subprocess.", "ctypes.", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.system", "os.kill",
               "pty.", "gc.", "sys._getframe", "sys.addaudithook", "sys.setprofile", "sys.settrace", "urllib.", "ftplib.",
               "http.", "smtplib.", "imaplib.", "poplib.", "telnetlib.", "nntplib.", "winreg.", "msvcrt.", "webbrowser.",
               "object.__setattr__", "object.__delattr__", "code.__new__", "function.__new__", "_posixsubprocess", "mmap.",
               "syslog.", "fcntl.", "os.chown", "os.setxattr", "os.getxattr", "os.listxattr", "os.removexattr", "os.lockf",
               "shutil.chown", "resource.prlimit", "signal.pthread_kill", "cpython.run_", "sys._current_frames")
    files = ("open", "os.listdir", "os.scandir", "os.chdir", "os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link",
             "os.symlink", "os.truncate", "os.chmod", "os.utime", "os.walk", "glob.glob", "shutil.", "tempfile.", "pathlib.Path.glob", "os.chflags")
    natives = ("_ctypes", "_socket", "_ssl", "_posixsubprocess", "_multiprocessing", "_testcapi", "_xxsubinterpreters", "_interpreters")

    def hook(event, args, PermissionError=PermissionError, type=type, str=str, bytes=bytes, tuple=tuple):
        if event == "import":
            if args[0] in natives:
                raise PermissionError("%s is not there" % args[0])
            return
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
