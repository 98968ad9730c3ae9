"""Small processes that say in a file what happens to them."""

from pathlib import Path

OBEDIENT = "import signal, sys; open(sys.argv[1], 'a').write('start '); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT
LAST_WORDS = (
    "import signal, sys, time\n"
    "say = lambda word: open(sys.argv[1], 'a').write(word)\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(say(sys.argv[2] + ' ')))\n"
    "say('start ')\n"
    "signal.pause()"
)
PARENT = (
    "import subprocess, sys, signal\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
    "open(sys.argv[1], 'a').write(f'{child.pid} ')\n"
    "signal.pause()"
)


def has_words(path: Path, count: int) -> bool:
    return path.exists() and len(path.read_text().split()) >= count
