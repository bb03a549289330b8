"""onggi-cli on a terminal and in a pipe: the prompt's characters, the live view's size, whom the view forgets, what the
exit code says."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading

from onggi import MASTER_NAME, OnggiTest, binary, free_port, wait_for

ROWS, COLUMNS = 24, 80
ESCAPE = re.compile(r"\033\[[0-?]*[@-~]")
FRAME = re.compile(r"\033\[\?7l\033\[H(.*?)\033\[J\033\[\?7h", re.S)


class Terminal:
    """A program on a terminal of its own, in the C locale."""

    def __init__(self, *command, **environment):
        self.text = ""
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
                                        env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment})
        os.close(inner)

    def type(self, text):
        os.write(self.fd, text.encode())

    def screen(self):
        """All that was shown until now."""
        while select.select([self.fd], [], [], 0)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # the program ended
                break
            if not data:
                break
            self.text += data.decode(errors="replace")
        return self.text

    def end(self, number=signal.SIGTERM):
        self.screen()  # what is full takes no last word
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(10)
        shown = self.screen()
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
        return shown


class CliTest(OnggiTest):
    def on_terminal(self, *arguments, **environment):
        terminal = Terminal(binary("onggi-cli"), *arguments, **environment)
        self.addCleanup(lambda: terminal.fd < 0 or terminal.end(signal.SIGKILL))
        return terminal

    def run_cli(self, *arguments, stdin=""):
        return subprocess.run([binary("onggi-cli"), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              timeout=20)

    @staticmethod
    def sentinel_list(cluster):
        return ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in cluster.sentinels)

    def test_the_prompt_takes_what_is_not_ascii(self):
        node = self.start_node()
        terminal = self.on_terminal("-p", str(node.port), ONGGI_CLI_HISTFILE="/dev/null")
        wait_for("the prompt", lambda: f"127.0.0.1:{node.port}> " in terminal.screen())
        terminal.type("SET utf grüße\n")
        wait_for("the reply", lambda: "OK" in terminal.screen())
        self.assertEqual(node.ask("GET", "utf").encode("latin-1").decode(), "grüße")

    def test_a_pipe_with_quotes_that_do_not_end(self):
        node = self.start_node()
        done = self.run_cli("-p", node.port, stdin='SET a 1\nGET "a\nGET a\n')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "OK\nInvalid argument(s)\n1\n", ""))
        done = self.run_cli("-e", "-p", node.port, stdin='SET a 1\nGET "a\nGET a\n')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "OK\n", "Invalid argument(s)\n"))

    def test_status_of_nobody(self):
        done = self.run_cli("status", "--sentinels", f"127.0.0.1:{free_port()}")
        self.assertIn("no sentinel answers", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_the_live_view_fits_the_terminal(self):
        cluster = self.start_cluster()
        terminal = self.on_terminal("watch", "--sentinels", self.sentinel_list(cluster))
        wait_for("the view", lambda: FRAME.search(terminal.screen()))
        replica = next(node for node in cluster.nodes if node is not cluster.master())
        for _ in range(3):
            replica.kill()
            wait_for("an event", lambda: "+sdown" in FRAME.findall(terminal.screen())[-1])
            replica.start()
            cluster.wait_in_step()
        shown = terminal.end(signal.SIGINT)
        for frame in FRAME.findall(shown):
            lines = ESCAPE.sub("", frame).split("\r\n")
            self.assertLessEqual(len(lines), ROWS, frame)
            self.assertLessEqual(max(map(len, lines)), COLUMNS, frame)
            self.assertTrue(any(line.startswith("EVENTS") for line in lines), frame)
        self.assertEqual(shown[shown.rindex("\033[?7"):][:5], "\033[?7h", "lines are not wrapped any more")

    def watch(self, cluster):
        """What `watch --json` says, object by object, as it says it."""
        said = []
        live = subprocess.Popen([binary("onggi-cli"), "--json", "watch", "--sentinels", self.sentinel_list(cluster)],
                                stdout=subprocess.PIPE, text=True)

        def read():
            for line in live.stdout:
                said.append(json.loads(line))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        def end():
            live.kill()
            live.wait(10)
            reader.join(10)
            live.stdout.close()

        self.addCleanup(end)
        return said

    def test_who_died_is_shown_and_who_was_removed_is_not(self):
        cluster = self.start_cluster()
        said = self.watch(cluster)

        def states(of):
            views = [one for one in said if of in one]
            return {one["address"]: one["state"] for one in views[-1][of]} if views else {}

        def removed(*words):
            with cluster.sentinels[0].connect() as connection:
                connection.send("SENTINEL", *words)
                return connection.read_nested() == "OK"

        wait_for("the view of three", lambda: len(states("nodes")) == 3)
        gone = next(node for node in cluster.nodes if node is not cluster.master())
        gone.stop()
        address = f"127.0.0.1:{gone.port}"
        wait_for("the dead node", lambda: states("nodes").get(address) == "unreachable")
        wait_for("its removal", lambda: removed("REMOVE-NODE", MASTER_NAME, "127.0.0.1", gone.port))
        wait_for("the view without it", lambda: address not in states("nodes"))
        self.assertEqual(len(states("nodes")), 2)

        silent = cluster.sentinels[2]
        silent.kill()
        address = f"127.0.0.1:{silent.port}"
        wait_for("the dead sentinel", lambda: states("sentinels").get(address) == "unreachable")
        wait_for("its removal", lambda: removed("REMOVE-SENTINEL", MASTER_NAME, "127.0.0.1", silent.port))
        wait_for("the view without it, though it was named", lambda: address not in states("sentinels"))
        self.assertEqual(set(states("sentinels").values()), {"ok"})
