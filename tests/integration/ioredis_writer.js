// Writes without pause through ioredis and its sentinels until standard input ends; a JSON line for each answer.
// node ioredis_writer.js NAME MASTER PORT,PORT,...
"use strict";
const Redis = require("ioredis");

const [name, master, ports] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e9; // CLOCK_MONOTONIC, as Python's time.monotonic()
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const redis = new Redis({ sentinels: ports.split(",").map((port) => ({ host: "127.0.0.1", port: Number(port) })), name: master });
redis.on("error", (error) => say({ at: now(), error: "connection: " + error.message }));

let ending = false;
process.stdin.resume();
process.stdin.on("end", () => (ending = true));

async function write() {
  for (let number = 1; !ending; number++) {
    const key = `${name}:${number}`;
    const sent = now();
    try {
      await redis.set(key, key);
      say({ key, sent, at: now() });
    } catch (error) {
      say({ at: now(), error: error.message });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  redis.disconnect();
  process.exit(0);
}

write();
