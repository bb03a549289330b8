"""The network's faults do what they say, measured by an echo: in namespaces, and over proxies on loopback."""
import pathlib
import subprocess
import sys
import unittest

from chaos import lab

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Network(unittest.TestCase):
    def trial(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "chaos.tests.network_trial", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_namespaces(self):
        way, reason = lab.find_way()
        if way is None:
            self.skipTest(f"namespaces may not be created here: {reason}")
        self.assertIn("loss: ok", self.trial())

    def test_loopback(self):
        self.assertIn("delay of", self.trial("--loopback"))


if __name__ == "__main__":
    unittest.main()
